// Every combination of the bits that decide an access, against tables written out by hand from the manual.
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <string>
#include <string_view>

#include "lpaemu/mmu/testing/fake_memory.h"
#include "lpaemu/mmu/testing/stringify.h"
#include "lpaemu/mmu/walk.h"

namespace lpaemu::mmu {
namespace {

/// Data rights by AP[2:1]: PL1 read, PL1 write, PL0 read, PL0 write. [armv7 B3.7.1] [lpae-mmu 5.1]
constexpr std::array<std::string_view, 4> data_rights{"rw--", "rwrw", "r---", "r-r-"};

/// Who may fetch when XN = 0, by AP[2:1] and WXN, UWXN: 0 = PL0, 1 = PL1 if PXN = 0. [armv7 B3.7.2] [lpae-mmu 5.2]
struct FetchRow {
  std::string_view none, uwxn, wxn, wxn_uwxn;
};
constexpr std::array<FetchRow, 4> fetch_rights{{
    {"1", "1", "", ""},        // 00: PL1 writes, PL0 has no access
    {"01", "0", "", ""},       // 01: both write
    {"1", "1", "1", "1"},      // 10: PL1 reads
    {"01", "01", "01", "01"},  // 11: both read
}};

struct Bits {
  unsigned ap;
  bool xn, pxn, wxn, uwxn;
};

bool expected_right(const Bits& bits, Access access, Privilege privilege) {
  if (access != Access::execute) {
    const std::size_t column = (privilege == Privilege::pl1 ? 0 : 2) + (access == Access::write ? 1 : 0);
    return data_rights[bits.ap][column] != '-';
  }
  if (bits.xn || (bits.pxn && privilege == Privilege::pl1)) return false;
  const FetchRow& row = fetch_rights[bits.ap];
  const std::string_view who = bits.wxn ? (bits.uwxn ? row.wxn_uwxn : row.wxn) : (bits.uwxn ? row.uwxn : row.none);
  return who.find(privilege == Privilege::pl0 ? '0' : '1') != std::string_view::npos;
}

constexpr Access accesses[] = {Access::read, Access::write, Access::execute};
constexpr Privilege privileges[] = {Privilege::pl0, Privilege::pl1};

/// One chain of tables for address 0, its leaf at `level`.
class Chain {
 public:
  explicit Chain(unsigned level) : level_{level} {
    for (PhysAddr& table : tables_) table = memory_.allocate();
  }

  /// `limits` are bits 59 to 62 of the descriptors at level 1 and level 2, those above the leaf only.
  void build(std::uint64_t leaf_bits, std::array<std::uint64_t, 2> limits) {
    for (unsigned above = 1; above < level_; ++above)
      store(tables_[above - 1], tables_[above].raw() | 3 | limits[above - 1] << 59);
    store(tables_[level_ - 1], leaf_bits | 0x8'c000'0000 | 1 << 10 | (level_ == 3 ? 3 : 1));
  }
  [[nodiscard]] auto access(std::uint32_t sctlr, Access access, Privilege privilege) const {
    const Regime regime{{Ttbcr{0x8000'0000}, Ttbr{tables_[0].raw()}, Ttbr{}, Mair{}, Sctlr{sctlr | 1}}};
    return walk(memory_, regime, VirtAddr{0}, access, privilege);
  }

 private:
  void store(PhysAddr pa, std::uint64_t value) { REQUIRE(memory_.write64(pa, value)); }

  FakeMemory memory_;
  unsigned level_;
  std::array<PhysAddr, 3> tables_;
};

/// Compares all six rights; the answer names the first difference.
std::string difference(const Chain& chain, const Bits& bits, std::uint32_t sctlr, unsigned level) {
  for (const Access access : accesses) {
    for (const Privilege privilege : privileges) {
      const bool expected = expected_right(bits, access, privilege);
      const auto found = chain.access(sctlr, access, privilege);
      const auto what = fmt::format("{} at PL{}", to_string(access), privilege == Privilege::pl0 ? 0 : 1);
      if (found.has_value() != expected) return fmt::format("{}: should be {}", what, expected ? "granted" : "a fault");
      if (!found && found.error() != Fault{FaultKind::permission, level, VirtAddr{0}, access, privilege})
        return fmt::format("{}: {}", what, describe(found.error()));
      if (found) {  // the other five rights as well
        for (const Access other : accesses)
          for (const Privilege who : privileges)
            if (found->permissions.allows(other, who) != expected_right(bits, other, who))
              return fmt::format("{}: the translation is wrong about a {}", what, to_string(other));
      }
    }
  }
  return {};
}

}  // namespace

TEST_CASE("AP, XN, PXN, WXN and UWXN decide each access at each level",
          "[mmu][walk][armv7-B3.7.1][armv7-B3.7.2][M-28][M-30][M-35]") {
  const auto level = GENERATE(1U, 2U, 3U);
  Chain chain{level};
  for (unsigned n = 0; n < 64; ++n) {
    const Bits bits{n % 4, (n & 4) != 0, (n & 8) != 0, (n & 16) != 0, (n & 32) != 0};
    chain.build(std::uint64_t{bits.ap} << 6 | std::uint64_t{bits.pxn} << 53 | std::uint64_t{bits.xn} << 54, {});
    for (const std::uint32_t afe : {0U, 1U << 29}) {  // AFE changes nothing
      const std::uint32_t sctlr = (bits.wxn ? 1U << 19 : 0) | (bits.uwxn ? 1U << 20 : 0) | afe;
      CAPTURE(level, bits.ap, bits.xn, bits.pxn, bits.wxn, bits.uwxn, afe);
      CHECK(difference(chain, bits, sctlr, level).empty());
    }
  }
}

TEST_CASE("APTable, XNTable and PXNTable only take rights away, at whichever level they stand",
          "[mmu][walk][armv7-B3.7.1][armv7-B3.7.2][M-21][M-35]") {
  const auto level = GENERATE(2U, 3U);
  const auto l1_limits = GENERATE(range(0U, 16U));
  Chain chain{level};
  for (unsigned l2_limits = 0; l2_limits < (level == 3 ? 16U : 1U); ++l2_limits) {
    const unsigned limits = l1_limits | l2_limits;  // bit 0 PXNTable, 1 XNTable, 2 APTable[0], 3 APTable[1]
    for (unsigned n = 0; n < 64; ++n) {
      const unsigned ap = n % 4;
      const bool xn = (n & 4) != 0;
      const bool pxn = (n & 8) != 0;
      chain.build(std::uint64_t{ap} << 6 | std::uint64_t{pxn} << 53 | std::uint64_t{xn} << 54, {l1_limits, l2_limits});
      unsigned effective_ap = ap;
      if ((limits & 4) != 0) effective_ap &= 0b10;
      if ((limits & 8) != 0) effective_ap |= 0b10;
      const Bits bits{effective_ap, xn || (limits & 2) != 0, pxn || (limits & 1) != 0, (n & 16) != 0, (n & 32) != 0};
      const std::uint32_t sctlr = (bits.wxn ? 1U << 19 : 0) | (bits.uwxn ? 1U << 20 : 0);
      CAPTURE(level, l1_limits, l2_limits, ap, xn, pxn, bits.wxn, bits.uwxn);
      CHECK(difference(chain, bits, sctlr, level).empty());
    }
  }
}

}  // namespace lpaemu::mmu
