// T0SZ, T1SZ, EPD0 and EPD1 through real walks: each region's first and last byte, and the bytes next to them.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <optional>

#include "lpaemu/mmu/testing/fake_memory.h"
#include "lpaemu/mmu/testing/stringify.h"
#include "lpaemu/mmu/walk.h"

namespace lpaemu::mmu {
namespace {

constexpr std::uint64_t four_gib = std::uint64_t{1} << 32;
constexpr std::uint64_t output0 = 0x10'0000'0000;  // where the blocks of TTBR0's table lie, one after the other
constexpr std::uint64_t output1 = 0x20'0000'0000;

/// Two root tables full of blocks: entry n maps to output + n * the size of a block of the level the region starts at.
class Regions {
 public:
  Regions(unsigned t0sz, unsigned t1sz) : t0sz_{t0sz}, t1sz_{t1sz} {
    fill(root0_, output0, t0sz);
    fill(root1_, output1, t1sz);
  }

  [[nodiscard]] auto read(std::uint32_t va, bool epd0, bool epd1) const {
    const std::uint32_t ttbcr = 1U << 31 | t0sz_ | t1sz_ << 16 | (epd0 ? 1U << 7 : 0) | (epd1 ? 1U << 23 : 0);
    const Regime regime{{Ttbcr{ttbcr}, Ttbr{root0_.raw()}, Ttbr{root1_.raw()}, Mair{}, Sctlr{1}}};
    return walk(memory_, regime, VirtAddr{va}, Access::read, Privilege::pl0);
  }

 private:
  static constexpr std::uint64_t block = 0x741;  // AF, user, block
  void fill(PhysAddr root, std::uint64_t output, unsigned txsz) {
    const std::uint64_t size = txsz < 2 ? 0x4000'0000 : 0x20'0000;
    for (std::uint64_t n = 0; n < (txsz < 2 ? 4 : 512); ++n)
      REQUIRE(memory_.write64(root + n * 8, (output + n * size) | block));
  }

  FakeMemory memory_;
  PhysAddr root0_ = memory_.allocate();
  PhysAddr root1_ = memory_.allocate();
  unsigned t0sz_, t1sz_;
};

struct Expectation {
  bool ttbr1;
  std::uint64_t pa;
  unsigned level;
};

/// The table of the manual, in 64-bit numbers. T1SZ = 0 leaves TTBR1 what TTBR0 does not cover, and its table is
/// indexed by the whole address. [lpae-mmu 2.1, M-9, M-10]
std::optional<Expectation> expected_at(std::uint64_t va, unsigned t0sz, unsigned t1sz) {
  const std::uint64_t size0 = four_gib >> t0sz;
  const std::uint64_t size1 = four_gib >> t1sz;
  const bool above = t1sz == 0 ? t0sz != 0 && va >= size0 : va >= four_gib - size1;
  if (above) return Expectation{true, output1 + va - (four_gib - size1), t1sz < 2 ? 1U : 2U};
  if (t0sz != 0 && va >= size0) return std::nullopt;
  return Expectation{false, output0 + va, t0sz < 2 ? 1U : 2U};
}

}  // namespace

TEST_CASE("a walk at every region edge, for every T0SZ, T1SZ, EPD0 and EPD1",
          "[mmu][walk][region][armv7-B3.6.4][armv7-B3.6.6][M-4][M-7][M-8][M-9][M-10][M-13][M-35]") {
  const auto t0sz = GENERATE(range(0U, 8U));
  const auto t1sz = GENERATE(range(0U, 8U));
  const Regions regions{t0sz, t1sz};
  for (const bool epd0 : {false, true}) {
    for (const bool epd1 : {false, true}) {
      for (const std::uint64_t edge : {four_gib, four_gib >> t0sz, four_gib - (four_gib >> t1sz)}) {
        for (const std::uint64_t back : {0, 1, 2, -1}) {
          const auto va = static_cast<std::uint32_t>(edge - back);
          CAPTURE(t0sz, t1sz, epd0, epd1, va);
          const auto found = regions.read(va, epd0, epd1);
          const auto expected = expected_at(va, t0sz, t1sz);
          if (!expected || (expected->ttbr1 ? epd1 : epd0)) {
            REQUIRE_FALSE(found);
            CHECK(fsr_word(found.error()) == 0x205);  // level 1, also where walks start at level 2
          } else {
            REQUIRE(found);
            CHECK(found->pa == PhysAddr{expected->pa});
            CHECK(found->level == expected->level);
          }
        }
      }
    }
  }
}

TEST_CASE("Linux with user access off: 32 MiB fault at level 1, TTBR1 translates the rest",
          "[mmu][walk][region][M-6][M-8][M-68]") {
  const Regions regions{7, 0};  // T0SZ = 7, EPD0; A1 = 1 is the ASID's
  for (const std::uint32_t va : {0U, 0x01ff'ffffU}) {
    const auto found = regions.read(va, true, false);
    REQUIRE_FALSE(found);
    CHECK(fsr_word(found.error()) == 0x205);
  }
  for (const std::uint32_t va : {0x0200'0000U, 0xffff'ffffU}) {
    const auto found = regions.read(va, true, false);
    REQUIRE(found);
    CHECK(found->pa == PhysAddr{output1 + va});
  }
}

}  // namespace lpaemu::mmu
