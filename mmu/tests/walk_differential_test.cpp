// Our walk against the second walker on random tables, registers and accesses. Every kind of outcome must occur often.
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "lpaemu/mmu/testing/fake_memory.h"
#include "lpaemu/mmu/testing/stringify.h"
#include "lpaemu/mmu/walk.h"
#include "second_walk.h"

namespace lpaemu::mmu {
namespace {

using second_walk::Request;
using second_walk::Result;

constexpr unsigned cases_wanted = 1'000'000;
constexpr unsigned register_sets_each = 64;  // of a table set
constexpr unsigned addresses_each =
    32;  // two cases each: as found, and with one bit of a descriptor on the way flipped

/// One chance in `n`.
bool one_in(std::mt19937_64& random, unsigned n) { return random() % n == 0; }

/// Pages full of random descriptors, most of which point to pages of the set: any page serves as a table of any level.
class TableSet {
 public:
  explicit TableSet(std::mt19937_64& random)
      : random_{random}, big_endian_{one_in(random, 4)}, memory_{PhysAddr{FakeMemory::default_ram_base}, ram_pages} {
    for (unsigned i = 0; i < ram_pages; ++i) pages_.push_back(memory_.allocate());
    for (const std::uint64_t lone : {0x0ULL, 0x8000'0000ULL, 0xff'ffff'f000ULL})
      pages_.push_back(memory_.add_page(PhysAddr{lone}));
    for (const PhysAddr page : pages_)
      for (unsigned i = 0; i < descriptors_per_table; ++i) store(page + i * 8, descriptor());
  }

  [[nodiscard]] const FakeMemory& memory() const { return memory_; }
  [[nodiscard]] bool big_endian() const { return big_endian_; }
  [[nodiscard]] PhysAddr some_page() { return pages_[random_() % pages_.size()]; }
  void flip(std::uint64_t entry, unsigned bit) {
    const std::uint64_t word = memory_.word(PhysAddr{entry});
    store_raw(PhysAddr{entry}, word ^ std::uint64_t{1} << bit);
  }

 private:
  static constexpr unsigned ram_pages = 24;

  std::uint64_t descriptor() {
    constexpr std::uint64_t address_bits = 0xff'ffff'f000;
    const std::uint64_t choice = random_();
    constexpr std::array<std::uint64_t, 16> types{3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 1, 1, 1, 0, 2};
    std::uint64_t d = (random_() & ~std::uint64_t{3}) | types[choice % 16];
    if ((choice >> 4) % 16 != 0) d = (d & ~address_bits) | some_page().raw();  // else an address without memory, mostly
    if ((choice >> 8) % 4 != 0) d &= ~(std::uint64_t{0xf} << 59);              // few limits, or little would be left
    if ((choice >> 10) % 4 != 0) d &= ~(std::uint64_t{0xfff} << 40);
    if ((choice >> 12) % 8 != 0) d |= 1U << 10;  // AF
    return d;
  }
  void store(PhysAddr pa, std::uint64_t value) { store_raw(pa, big_endian_ ? __builtin_bswap64(value) : value); }
  void store_raw(PhysAddr pa, std::uint64_t value) {
    if (!memory_.write64(pa, value)) FAIL("no memory at " << to_string(pa));
  }

  std::mt19937_64& random_;
  bool big_endian_;
  FakeMemory memory_;
  std::vector<PhysAddr> pages_;
};

second_walk::Registers random_registers(std::mt19937_64& random, TableSet& tables) {
  const auto ttbr = [&] {
    constexpr std::uint64_t above_40 = ~std::uint64_t{0} << 40;
    if (one_in(random, 32)) return random();  // nowhere
    return (random() & (above_40 | 0xfff)) | tables.some_page().raw();
  };
  second_walk::Registers registers{};
  constexpr std::uint32_t epd0_epd1 = 1U << 7 | 1U << 23;
  registers.ttbcr = static_cast<std::uint32_t>(random()) | 1U << 31;
  if (!one_in(random, 4)) registers.ttbcr &= ~epd0_epd1;
  registers.ttbr0 = ttbr();
  registers.ttbr1 = ttbr();
  registers.mair0 = static_cast<std::uint32_t>(random());
  registers.mair1 = static_cast<std::uint32_t>(random());
  registers.sctlr = static_cast<std::uint32_t>(random()) & ~(1U << 25);
  if (tables.big_endian() != one_in(random, 16)) registers.sctlr |= 1U << 25;  // rarely the wrong way round
  registers.sctlr = one_in(random, 16) ? registers.sctlr & ~1U : registers.sctlr | 1U;
  return registers;
}

/// Anywhere, or in one of the two regions, or at the edge of one.
std::uint32_t random_address(std::mt19937_64& random, std::uint32_t ttbcr) {
  const std::uint64_t choice = random();
  auto va = static_cast<std::uint32_t>(random());
  const unsigned t0sz = ttbcr & 7;
  const unsigned t1sz = ttbcr >> 16 & 7;
  switch (choice % 8) {
    case 0:
    case 1: return va;
    case 2:
    case 3:
    case 4: return va >> t0sz;
    case 5:
    case 6: return ~(va >> t1sz);
    default: break;
  }
  const std::uint32_t edge = (choice & 8) != 0 ? 0xffff'ffff >> t0sz : ~(0xffff'ffff >> t1sz);
  return edge + va % 5 - 2;
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
  Duel(const FakeMemory& memory, const second_walk::Registers& registers)
      : memory_{memory},
        registers_{registers},
        regime_{{Ttbcr{registers.ttbcr}, Ttbr{registers.ttbr0}, Ttbr{registers.ttbr1},
                 Mair{std::uint64_t{registers.mair1} << 32 | registers.mair0}, Sctlr{registers.sctlr}}},
        read_{[this](std::uint64_t pa) {
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
  while (cases < cases_wanted) {
    TableSet tables{random};
    for (unsigned i = 0; i < register_sets_each; ++i) {
      const second_walk::Registers registers = random_registers(random, tables);
      Duel duel{tables.memory(), registers};
      for (unsigned n = 0; n < addresses_each; ++n) {
        const std::uint64_t choice = random();
        const Request request{random_address(random, registers.ttbcr), "rwx"[choice % 3],
                              static_cast<unsigned>(choice >> 8 & 1)};
        census.count(duel.fight(request), request.access);
        ++cases;

        if (duel.reads().empty()) continue;
        const std::uint64_t entry = duel.reads()[(choice >> 16) % duel.reads().size()];
        if (!tables.memory().read64(PhysAddr{entry})) continue;
        tables.flip(entry, choice >> 32 & 63);
        census.count(duel.fight(request), request.access);
        ++cases;
      }
    }
  }
  census.require_at_least(1000);
}

}  // namespace lpaemu::mmu
