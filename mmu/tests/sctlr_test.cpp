// All 32 bits of SCTLR: which of them change what a walk finds.
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <string_view>

#include "lpaemu/mmu/access_check.h"
#include "lpaemu/mmu/testing/walk_machine.h"

namespace lpaemu::mmu {
namespace {

using namespace testing;

/// A table of eight pages: AP[2:1], without and with the access flag.
struct Machine : WalkMachine {
  static constexpr unsigned pages = 8;

  explicit Machine(bool big_endian) {
    const auto put = [&](std::uint64_t pa, std::uint64_t value) {
      store(pa, big_endian ? __builtin_bswap64(value) : value);
    };
    put(l1, l2 | 3);
    put(l2, l3 | 3);
    for (unsigned n = 0; n < pages; ++n)
      put(l3 + n * 8, 0x12'3450'0b1f | (n & 3) << 6 | std::uint64_t{n} << 12 | (n < 4 ? 0 : 1U << 10));
  }

  [[nodiscard]] Regime regime(std::uint32_t sctlr) const {
    TranslationRegisters changed = registers;
    changed.sctlr = Sctlr{sctlr};
    return Regime{changed};
  }

  /// A hash of all that the walks find: every page, every access, both privileges.
  [[nodiscard]] std::uint64_t all_outcomes(std::uint32_t sctlr) const {
    const Regime changed = regime(sctlr);
    std::uint64_t hash = 0;
    for (std::uint32_t page = 0; page < pages; ++page) {
      for (const Privilege privilege : {Privilege::pl0, Privilege::pl1}) {
        for (const Access access : {r, w, x}) {
          const auto found = walk(memory, changed, VirtAddr{page << 12}, access, privilege);
          hash = hash * 0x9e37'79b9'7f4a'7c15 + (found ? found->pa.raw() + 0x1000'0000'0000 : fsr_word(found.error()));
        }
      }
    }
    return hash;
  }
};

}  // namespace

TEST_CASE("of SCTLR's bits M, WXN, UWXN and EE change what a walk finds",
          "[mmu][walk][sctlr][armv7-B4.1.130][M-5][M-24][M-30][M-33]") {
  const bool big_endian = GENERATE(false, true);
  const auto number = GENERATE(range(0U, 32U));
  CAPTURE(big_endian, number);
  const Machine m{big_endian};
  const std::uint32_t bases[] = {0x1, 0x0008'0001, 0x0010'0001, 0x30c0'3c7d};  // M; with WXN; with UWXN; as Linux runs
  bool changes = false;
  for (const std::uint32_t plain : bases) {
    const std::uint32_t base = plain | (big_endian ? 1U << 25 : 0);
    changes = changes || m.all_outcomes(base) != m.all_outcomes(base ^ 1U << number);
  }
  constexpr std::string_view effective = "x..................xx....x......";  // bits 0, 19, 20, 25
  static_assert(effective.size() == 32);
  CHECK(changes == (effective[number] == 'x'));
}

TEST_CASE("of SCTLR's bits A and M change whether an unaligned access faults",
          "[mmu][access_check][sctlr][armv7-B4.1.130][M-70]") {
  const auto number = GENERATE(range(0U, 32U));
  if (number == 25) return;  // EE: the tables would be garbage
  CAPTURE(number);
  const Machine m{false};
  const MemoryAccess unaligned{VirtAddr{0x7002}, 4, Access::read, Privilege::pl0, 4};
  const auto fault = check_access(m.memory, m.regime(0x30c0'3c7d ^ 1U << number), unaligned);
  CHECK(fault.has_value() == (number == 0 || number == 1));
  if (fault) CHECK(fsr_word(*fault) == 0x221);
}

}  // namespace lpaemu::mmu
