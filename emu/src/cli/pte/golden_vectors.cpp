#include "golden_vectors.h"

#include <array>
#include <string_view>

#include "lpaemu/mmu/linux_pte.h"
#include "lpaemu/mmu/proc_v7_3level.h"

namespace lpaemu::emu {
namespace {

struct Bit {
  std::uint64_t mask;
  std::string_view name;
};
constexpr std::array varied{Bit{mmu::L_PTE_VALID.mask, "VALID"},
                            Bit{mmu::PTE_AP2.mask, "AP2"},
                            Bit{mmu::L_PTE_DIRTY.mask, "DIRTY"},
                            Bit{mmu::L_PTE_SPECIAL.mask, "SPECIAL"},
                            Bit{mmu::L_PTE_NONE.mask, "NONE"},
                            Bit{mmu::L_PTE_RDONLY.mask, "RDONLY"},
                            Bit{mmu::L_PTE_SOFT_DIRTY.mask, "SOFT_DIRTY"}};

struct Pattern {
  std::string_view name;
  std::uint64_t others;  // the bits that are not varied; the varied ones in it count for nothing
};
constexpr std::array patterns{Pattern{"user page", 0x0060000123456f5f}, Pattern{"kernel page", 0x0040000880000713},
                              Pattern{"only", 0}, Pattern{"all others", ~std::uint64_t{0}}};

GoldenVector combination(const Pattern& pattern, unsigned bits) {
  GoldenVector vector{std::string{pattern.name} + ":", pattern.others, 0};
  for (std::size_t i = 0; i < varied.size(); ++i) {
    const bool set = (bits >> i & 1U) != 0;
    vector.in = set ? vector.in | varied[i].mask : vector.in & ~varied[i].mask;
    if (set) vector.name += " " + std::string{varied[i].name};
  }
  if (bits == 0) vector.name += " none of the seven";
  vector.out = mmu::set_pte_ext_value(mmu::Pte{vector.in});
  return vector;
}

}  // namespace

std::vector<GoldenVector> golden_vectors() {
#define V(name, in, stored) GoldenVector{name, in, stored},
  std::vector<GoldenVector> vectors{
#include "golden_vectors.inc"
  };
#undef V
  for (const Pattern& pattern : patterns)
    for (unsigned bits = 0; bits < 1U << varied.size(); ++bits) vectors.push_back(combination(pattern, bits));
  return vectors;
}

}  // namespace lpaemu::emu
