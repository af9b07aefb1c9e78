// Our walk against the second walker on random tables, registers and accesses. Every kind of outcome must occur often.
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "lpaemu/mmu/testing/fake_memory.h"
#include "lpaemu/mmu/testing/random_tables.h"
#include "lpaemu/mmu/testing/stringify.h"
#include "lpaemu/mmu/walk.h"
#include "second_walk.h"

namespace lpaemu::mmu {
namespace {

using second_walk::Request;
using second_walk::Result;

/// A case is one access to an address, under some registers and tables. Every other case is the one before with one bit
/// flipped in a descriptor on the way; flips stay. Registers serve 64 cases at most, a filling of the tables 2,048: a
/// million cases are about 600 fillings, which take as long as the walks.
constexpr unsigned cases_wanted = 1'000'000;
constexpr unsigned register_sets_each = 32;  // of a filling
constexpr unsigned addresses_each = 32;      // of a register set: two cases each, but one where no descriptor is read

/// A memory of RAM and of single pages low and high.
struct TableMemory {
  static constexpr unsigned ram_pages = 24;
  FakeMemory memory{PhysAddr{FakeMemory::default_ram_base}, ram_pages};
  std::vector<PhysAddr> pages;

  TableMemory() {
    for (unsigned i = 0; i < ram_pages; ++i) pages.push_back(memory.allocate());
    for (const std::uint64_t lone : {0x0ULL, 0x8000'0000ULL, 0xff'ffff'f000ULL})
      pages.push_back(memory.add_page(PhysAddr{lone}));
  }
};

/// The registers as the second walker takes them: plain integers.
second_walk::Registers plain(const TranslationRegisters& registers) {
  return {registers.ttbcr.raw(),
          registers.ttbr0.raw(),
          registers.ttbr1.raw(),
          static_cast<std::uint32_t>(registers.mair.raw()),
          static_cast<std::uint32_t>(registers.mair.raw() >> 32),
          registers.sctlr.raw()};
}

/// What both walkers are asked to agree on.
struct Verdict {
  std::uint32_t fsr;
  unsigned level;
  std::uint64_t pa;
  std::uint64_t entry;
  unsigned rights;
  unsigned memory_attr;
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

Verdict verdict_of(const Result& result) {
  return {result.fsr, result.level, result.pa, result.entry, result.rights, result.memory_attr};
}

Verdict verdict_of(const Expected<Translation, Fault>& found, const Regime& regime) {
  if (!found) return {fsr_word(found.error()), found.error().level, 0, 0, 0, 0};
  unsigned rights = 0;
  for (unsigned privilege = 0; privilege < 2; ++privilege)
    for (unsigned access = 0; access < 3; ++access)
      if (found->permissions.allows(static_cast<Access>(access), static_cast<Privilege>(privilege)))
        rights |= 1U << (3 * privilege + access);
  const MairByte attr =
      regime.mmu_enabled() ? mair_byte(regime.registers().mair, leaf::AttrIndx.get(found->leaf)) : MairByte{};
  return {0, found->level, found->pa.raw(), found->entry.raw(), rights, attr.raw()};
}

Access access_of(char letter) { return letter == 'r' ? Access::read : letter == 'w' ? Access::write : Access::execute; }

/// One register set over one table set.
class Duel {
 public:
  Duel(const FakeMemory& memory, const TranslationRegisters& registers)
      : memory_{memory}, registers_{plain(registers)}, regime_{registers}, read_{[this](std::uint64_t pa) {
          reads_.push_back(pa);
          return memory_.read64(PhysAddr{pa});
        }} {}

  /// Fails the test, with both verdicts and the descriptors, unless they agree.
  Result fight(const Request& request) {
    reads_.clear();
    const Result second = second_walk::translate(read_, registers_, request);
    const auto first = walk(memory_, regime_, VirtAddr{request.va}, access_of(request.access),
                            request.privilege == 0 ? Privilege::pl0 : Privilege::pl1);
    const Verdict ours = verdict_of(first, regime_);
    const Verdict theirs = verdict_of(second);
    if (ours != theirs) FAIL(difference(request, ours, theirs));
    if (!first && (first.error().va != VirtAddr{request.va} || first.error().access != access_of(request.access)))
      FAIL("the fault names another access: " << describe(first.error()));
    return second;
  }

  /// The addresses that the last walk read.
  [[nodiscard]] const std::vector<std::uint64_t>& reads() const { return reads_; }

 private:
  [[nodiscard]] std::string difference(const Request& request, const Verdict& ours, const Verdict& theirs) const {
    std::string text = fmt::format(
        "{} of {:#010x} at PL{}: TTBCR {:#010x} TTBR0 {:#018x} TTBR1 {:#018x} SCTLR {:#010x}\n{:>12}{:>16}{:>16}\n",
        request.access, request.va, request.privilege, registers_.ttbcr, registers_.ttbr0, registers_.ttbr1,
        registers_.sctlr, "", "walk", "second walk");
    const auto row = [&text](std::string_view name, std::uint64_t a, std::uint64_t b) {
      text += fmt::format("{:>12}{:>#16x}{:>#16x}{}\n", name, a, b, a == b ? "" : "  <--");
    };
    row("FSR", ours.fsr, theirs.fsr);
    row("level", ours.level, theirs.level);
    row("PA", ours.pa, theirs.pa);
    row("entry", ours.entry, theirs.entry);
    row("rights", ours.rights, theirs.rights);
    row("MAIR byte", ours.memory_attr, theirs.memory_attr);
    for (const std::uint64_t pa : reads_) {
      const auto word = memory_.read64(PhysAddr{pa});
      text += fmt::format("  {:#x}: {}\n", pa, word ? fmt::format("{:#018x}", *word) : "no memory");
    }
    return text;
  }

  const FakeMemory& memory_;
  second_walk::Registers registers_;
  Regime regime_;
  std::vector<std::uint64_t> reads_;
  second_walk::ReadMemory read_;
};

/// How often each reason, level and access occurred.
class Census {
 public:
  void count(const Result& result, char access) { ++counts_[result.reason][result.level][column(access)]; }
  void require_at_least(unsigned wanted) const {
    using namespace second_walk;
    struct Row {
      Reason reason;
      unsigned first_level, last_level;
    };
    for (const Row& row :
         {Row{mapped, 1, 3}, Row{mmu_off, 0, 0}, Row{gap, 1, 1}, Row{walks_disabled, 1, 1}, Row{no_memory, 1, 3},
          Row{bit0_clear, 1, 3}, Row{reserved_type, 3, 3}, Row{access_flag, 1, 3}, Row{permission, 1, 3}}) {
      for (unsigned level = row.first_level; level <= row.last_level; ++level) {
        for (const char access : {'r', 'w', 'x'}) {
          INFO("reason " << row.reason << ", level " << level << ", access " << access);
          CHECK(counts_[row.reason][level][column(access)] >= wanted);
        }
      }
    }
  }

 private:
  static unsigned column(char access) { return access == 'r' ? 0 : access == 'w' ? 1 : 2; }
  std::array<std::array<std::array<unsigned, 3>, 4>, second_walk::reasons> counts_{};
};

}  // namespace

TEST_CASE("a million random walks end as the second walker's do",
          "[mmu][walk][differential][M-4][M-5][M-7][M-8][M-9][M-10][M-12][M-13][M-14][M-15][M-17][M-18][M-19][M-21]"
          "[M-23][M-32][M-34][M-35][M-42]") {
  std::mt19937_64 random{1};
  Census census;
  unsigned cases = 0;
  TableMemory all;
  while (cases < cases_wanted) {
    testing::RandomTables tables{random, all.memory, all.pages};
    for (unsigned i = 0; i < register_sets_each; ++i) {
      const TranslationRegisters registers = testing::random_registers(random, tables);
      Duel duel{all.memory, registers};
      for (unsigned n = 0; n < addresses_each; ++n) {
        const std::uint64_t choice = random();
        const Request request{testing::random_address(random, registers.ttbcr).raw(), "rwx"[choice % 3],
                              static_cast<unsigned>(choice >> 8 & 1)};
        census.count(duel.fight(request), request.access);
        ++cases;

        if (duel.reads().empty()) continue;
        const std::uint64_t entry = duel.reads()[(choice >> 16) % duel.reads().size()];
        if (!all.memory.read64(PhysAddr{entry})) continue;
        tables.flip(PhysAddr{entry}, choice >> 32 & 63);
        census.count(duel.fight(request), request.access);
        ++cases;
      }
    }
  }
  census.require_at_least(1000);
}

}  // namespace lpaemu::mmu
