// The second judge of set_pte_ext_value and set_pmd_at_value: the same written in ARM assembly (set_pte_ext.S) and run
// as guest code, for little-endian and for big-endian data. [linux-lpae-pte 6, 7]
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <cstring>
#include <random>
#include <span>
#include <vector>

#include "guest_code.h"
#include "lpaemu/mmu/linux_pmd.h"
#include "lpaemu/mmu/proc_v7_3level.h"
#include "lpaemu/mmu/testing/words.h"
#include "lpaemu/mmu/walk.h"
#include "test_machine.h"

namespace lpaemu::emu::test {
namespace {

using mmu::FaultKind;
using mmu::Privilege;
using mmu::Pte;
using mmu::testing::bit;

// In the order of the program's table of entries.
enum class Routine : std::uint8_t { set_pte_ext, set_pmd_at, store };
enum class Endian : std::uint8_t { little, big };

std::uint64_t model(Routine routine, std::uint64_t value) {
  switch (routine) {
    case Routine::set_pte_ext: return mmu::set_pte_ext_value(Pte{value});
    case Routine::set_pmd_at: return mmu::set_pmd_at_value(mmu::Pmd{value});
    case Routine::store: return value;
  }
  return 0;
}

/// A word with the bytes that the value has in the guest's memory. The host is little-endian.
std::uint64_t in_memory(std::uint64_t value, Endian endian) {
  return endian == Endian::big ? __builtin_bswap64(value) : value;
}

/// The routines, and room for the values that a run takes and stores.
class Guest {
 public:
  static constexpr std::size_t capacity = 16384;

  Guest() {
    machine_.load(machine_.map(code_va, rx), guest_code("set_pte_ext"));
    values_ = array(values_va);
    stored_ = array(stored_va);
  }

  TestMachine& machine() { return machine_; }

  /// The words in memory after the routine has stored these values. Valid until the next call.
  std::span<const std::uint64_t> stored(Routine routine, Endian endian, std::span<const std::uint64_t> values) {
    std::ranges::fill(stored_, never_stored);
    run(routine, endian, stored_va, values);
    for (std::size_t i = values.size(); i < capacity; ++i)
      if (stored_[i] != never_stored) FAIL(fmt::format("stored behind the last of {} entries", values.size()));
    return stored_.first(values.size());
  }

  /// Stores one value at a mapped address.
  void store(Routine routine, Endian endian, VirtAddr entry, std::uint64_t value) {
    run(routine, endian, entry, std::array{value});
  }

 private:
  static constexpr VirtAddr values_va{0x00200000};
  static constexpr VirtAddr stored_va{0x00280000};
  static constexpr std::uint64_t never_stored = 0xa5a5'a5a5'a5a5'a5a5;

  std::span<std::uint64_t> array(VirtAddr va) {
    constexpr std::uint32_t bytes = capacity * sizeof(std::uint64_t);
    const PhysAddr first = machine_.new_page();
    for (std::uint32_t at = PAGE_SIZE; at < bytes; at += PAGE_SIZE) REQUIRE(machine_.new_page() == first + at);
    for (std::uint32_t at = 0; at < bytes; at += PAGE_SIZE) machine_.map(va + at, first + at, rw);
    GuestRam& ram = machine_.ram();
    return {reinterpret_cast<std::uint64_t*>(ram.host() + (first - ram.base())), capacity};
  }

  void run(Routine routine, Endian endian, VirtAddr to, std::span<const std::uint64_t> values) {
    REQUIRE((!values.empty() && values.size() <= capacity));
    for (std::size_t i = 0; i < values.size(); ++i) values_[i] = in_memory(values[i], endian);
    kernel::UserRegisters registers;
    registers.r[0] = to.raw();
    registers.r[1] = values_va.raw();
    registers.r[4] = static_cast<std::uint32_t>(values.size());
    registers.r[15] =
        code_va.raw() + 4 * (2 * static_cast<std::uint32_t>(routine) + static_cast<std::uint32_t>(endian));
    registers.cpsr = mmu::PSR::M.with(mmu::Psr{}, mmu::PsrMode::usr);
    machine_.engine().set_user_registers(registers);
    REQUIRE(machine_.run().reason == StopReason::svc);
    REQUIRE(machine_.r(0) == to.raw() + 8 * values.size());
    REQUIRE(mmu::PSR::E.get(machine_.registers().cpsr) == (endian == Endian::big));  // by SETEND
  }

  TestMachine machine_;
  std::span<std::uint64_t> values_;
  std::span<std::uint64_t> stored_;
};

/// Has the guest store the values that are added, and compares its memory with the model.
class Comparison {
 public:
  Comparison(Routine routine, Endian endian) : routine_{routine}, endian_{endian} {}

  void add(std::uint64_t value) {
    values_.push_back(value);
    if (values_.size() == Guest::capacity) compare();
  }
  void compare() {
    if (values_.empty()) return;
    const auto stored = guest_.stored(routine_, endian_, values_);
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const std::uint64_t want = in_memory(model(routine_, values_[i]), endian_);
      if (stored[i] != want)
        FAIL(fmt::format("{:#018x}: in memory {:#018x}, want {:#018x}", values_[i], stored[i], want));
    }
    compared_ += values_.size();
    values_.clear();
  }
  [[nodiscard]] std::size_t compared() const { return compared_; }

 private:
  Guest guest_;
  Routine routine_;
  Endian endian_;
  std::vector<std::uint64_t> values_;
  std::size_t compared_ = 0;
};

// VALID, AP[2], DIRTY, SPECIAL, NONE, RDONLY, SOFT_DIRTY.
constexpr unsigned varied[] = {0, 7, 55, 56, 57, 58, 59};

/// All values of the seven bits, over those of the other low bits at the edges of the address, and over each bit
/// alone, missing, and at random.
void compare_all_flags(Routine routine, Endian endian) {
  constexpr std::uint64_t addresses[] = {0, 0x1000, 0x8'8000'0000, 0xff'ffff'f000, 0x55'5555'5000, 0xaa'aaaa'a000};
  constexpr unsigned attributes[] = {1, 2, 3, 4, 5, 6, 8, 9, 10, 11};
  Comparison comparison{routine, endian};
  const auto add_all = [&](std::uint64_t pattern) {
    mmu::testing::for_each_combination(pattern, varied, [&](std::uint64_t value) { comparison.add(value); });
  };
  for (const std::uint64_t address : addresses) mmu::testing::for_each_combination(address, attributes, add_all);
  for (const Pte pattern : mmu::testing::samples<Pte>()) add_all(pattern.raw());
  comparison.compare();
  CHECK(comparison.compared() == bit(7) * (6 * bit(10) + mmu::testing::samples<Pte>().size()));
}

void compare_random(Routine routine, Endian endian) {
  constexpr std::size_t wanted = 1'000'000;
  Comparison comparison{routine, endian};
  std::mt19937_64 random{7};
  for (std::size_t i = 0; i < wanted; ++i) comparison.add(random());
  comparison.compare();
  CHECK(comparison.compared() == wanted);
}

/// Tables that the guest's routines have made, of addresses that its own tables do not map.
class StoredTables {
 public:
  static constexpr VirtAddr first_va{0x40000000};  // of the 2 MiB that have a level 3 table

  explicit StoredTables(Endian endian) : endian_{endian} {
    store(Routine::store, first_va, 1, mmu::table_descriptor(tables_[1].pfn()).raw());
    store(Routine::store, first_va, 2, mmu::table_descriptor(tables_[2].pfn()).raw());
  }

  TestMachine& machine() { return guest_.machine(); }

  void store(Routine routine, VirtAddr va, unsigned level, std::uint64_t value) {
    guest_.store(routine, endian_, window(level) + mmu::index_at(va, level) * mmu::descriptor_bytes, value);
  }
  void set_pte_ext(VirtAddr va, Pte pte) { store(Routine::set_pte_ext, va, 3, pte.raw()); }

  [[nodiscard]] mmu::Regime regime(Endian walks) const {
    mmu::TranslationRegisters registers;
    registers.ttbcr = mmu::TTBCR::EAE.with(mmu::Ttbcr{}, true);
    registers.ttbr0 = mmu::TTBR::BADDR.with(mmu::Ttbr{}, tables_[0].raw());
    registers.mair = mmu::linux_mair();
    registers.sctlr = mmu::SCTLR::EE.with(mmu::SCTLR::M.with(mmu::Sctlr{}, true), walks == Endian::big);
    return mmu::Regime{registers};
  }

  /// A user's access.
  [[nodiscard]] Expected<mmu::Translation, mmu::Fault> walk(Endian walks, VirtAddr va, Access access) {
    return mmu::walk(machine().ram(), regime(walks), va, access, Privilege::pl0);
  }

 private:
  /// Where the guest sees the table of this level.
  static VirtAddr window(unsigned level) { return data_va + level * PAGE_SIZE; }

  Guest guest_;
  Endian endian_;
  std::array<PhysAddr, 3> tables_{guest_.machine().map(window(1), rw), guest_.machine().map(window(2), rw),
                                  guest_.machine().map(window(3), rw)};
};

/// 0 if there is no fault.
unsigned status(const Expected<mmu::Translation, mmu::Fault>& found) {
  return found ? 0 : mmu::fault_status(found.error().kind, found.error().level);
}

/// The PTE of a clean page of a shared mapping.
Pte page_of(mmu::Pfn pfn, mmu::VmAccess rights) {
  return mmu::pfn_pte(pfn, mmu::protection_map(rights, mmu::Sharing::shared_mapping));
}
constexpr mmu::VmAccess may_write{.read = true, .write = true};
constexpr mmu::VmAccess may_execute{.read = true, .exec = true};
constexpr mmu::VmAccess prot_none{};

}  // namespace

TEST_CASE("set_pte_ext as guest code stores what the model says, for all flags",
          "[engine][set_pte_ext][exhaustive][P-10][P-26][P-28][P-40]") {
  compare_all_flags(Routine::set_pte_ext, GENERATE(Endian::little, Endian::big));
}

TEST_CASE("set_pte_ext as guest code stores what the model says of a million random values",
          "[engine][set_pte_ext][P-26][P-28]") {
  compare_random(Routine::set_pte_ext, GENERATE(Endian::little, Endian::big));
}

TEST_CASE("set_pmd_at as guest code stores what the model says, for all flags",
          "[engine][set_pmd_at][exhaustive][P-10][P-34]") {
  compare_all_flags(Routine::set_pmd_at, GENERATE(Endian::little, Endian::big));
}

TEST_CASE("set_pmd_at as guest code stores what the model says of a million random values",
          "[engine][set_pmd_at][P-34]") {
  compare_random(Routine::set_pmd_at, GENERATE(Endian::little, Endian::big));
}

TEST_CASE("big-endian data has the bytes of an entry reversed", "[engine][set_pte_ext][set_pmd_at][P-26][P-34]") {
  struct Row {
    Routine routine;
    std::uint64_t value;
    std::array<std::uint8_t, 8> bytes;  // little-endian
  };
  const auto row = GENERATE(values<Row>({
      // Dirty and writable with a stale AP[2]; clean; a section without nG.
      {Routine::set_pte_ext, 0x0080'0001'2345'6fdf, {0x5f, 0x6f, 0x45, 0x23, 0x01, 0x00, 0x80, 0x00}},
      {Routine::set_pte_ext, 0x0840'0001'2345'6f5f, {0xdf, 0x6f, 0x45, 0x23, 0x01, 0x00, 0x40, 0x08}},
      {Routine::set_pmd_at, 0x0080'0001'2340'075d, {0x5d, 0x0f, 0x40, 0x23, 0x01, 0x00, 0x80, 0x00}},
  }));
  CAPTURE(row.value);
  Guest guest;
  const auto bytes = [&](Endian endian) {
    std::array<std::uint8_t, 8> found;
    std::memcpy(found.data(), guest.stored(row.routine, endian, std::array{row.value}).data(), found.size());
    return found;
  };
  CHECK(bytes(Endian::little) == row.bytes);
  auto reversed = row.bytes;
  std::ranges::reverse(reversed);
  CHECK(bytes(Endian::big) == reversed);
}

TEST_CASE("a walk reads the tables that the guest's stores made, if SCTLR.EE is the data's endianness",
          "[engine][walk][set_pte_ext][set_pmd_at][P-26][P-28][P-34][armv7-B4.1.130]") {
  const auto endian = GENERATE(Endian::little, Endian::big);
  const Endian other = endian == Endian::little ? Endian::big : Endian::little;
  StoredTables tables{endian};

  constexpr mmu::Pfn pfn = PhysAddr{0x12'3460'0000}.pfn();  // sections are aligned there, too
  const Pte clean = page_of(pfn, may_write);
  const Pte dirty = mmu::pte_mkdirty(clean);
  const Pte protected_dirty = mmu::pte_wrprotect(dirty);
  const Pte hidden = page_of(pfn, prot_none);
  const auto huge = [](Pte pte) { return mmu::pte_mkhuge(pte).raw(); };
  struct Row {
    unsigned level;
    std::uint64_t entry;
    unsigned read, write;  // permission faults are 0x0c + level, translation faults 0x04 + level
  };
  const Row rows[] = {
      {3, dirty.raw(), 0, 0},
      {3, clean.raw(), 0, 0x0f},
      {3, protected_dirty.raw(), 0, 0x0f},
      {3, hidden.raw(), 0x07, 0x07},
      {3, 0, 0x07, 0x07},
      {2, huge(dirty), 0, 0},
      {2, huge(clean), 0, 0x0e},
      {2, huge(protected_dirty), 0, 0x0e},
      {2, huge(hidden), 0x06, 0x06},
  };
  std::uint32_t number = 0;
  for (const Row& row : rows) {
    CAPTURE(row.level, row.entry);
    const VirtAddr va = StoredTables::first_va + (number++ << mmu::level_shift(row.level));
    const Routine routine = row.level == 3 ? Routine::set_pte_ext : Routine::set_pmd_at;
    tables.store(routine, va, row.level, row.entry);
    CHECK(status(tables.walk(endian, va, Access::read)) == row.read);
    CHECK(status(tables.walk(endian, va, Access::write)) == row.write);
    CHECK(status(tables.walk(other, va, Access::read)) == 0x05);  // level 1: VALID is in the last byte of the entry
    const auto found = tables.walk(endian, va + 0x123, Access::read);
    if (!found) continue;
    CHECK(found->leaf.raw() == model(routine, row.entry));
    CHECK(found->pa == PhysAddr{pfn} + 0x123);
  }
}

TEST_CASE("the guest runs on tables that it stored big-endian, and faults at the clean page",
          "[engine][set_pte_ext][P-26][P-28][M-34]") {
  StoredTables tables{Endian::big};
  TestMachine& machine = tables.machine();
  constexpr VirtAddr code = StoredTables::first_va, dirty = code + PAGE_SIZE, clean = dirty + PAGE_SIZE;
  const PhysAddr code_pa = machine.new_page(), dirty_pa = machine.new_page(), clean_pa = machine.new_page();
  tables.set_pte_ext(code, page_of(code_pa.pfn(), may_execute));
  tables.set_pte_ext(dirty, mmu::pte_mkdirty(page_of(dirty_pa.pfn(), may_write)));
  tables.set_pte_ext(clean, page_of(clean_pa.pfn(), may_write));
  machine.load(code_pa, {
                            0xf1010000,  // setend le
                            0xe5810000,  // str r0, [r1]
                            0xe5820000,  // str r0, [r2]
                            svc_0,
                        });
  machine.engine().set_regime(tables.regime(Endian::big));
  machine.set_r(0, 0x12345678);
  machine.set_r(1, dirty.raw());
  machine.set_r(2, clean.raw());
  const Stop stop = machine.run_from(code);
  REQUIRE(stop.reason == StopReason::fault);
  CHECK(stop.fault == mmu::Fault{FaultKind::permission, 3, clean, Access::write, Privilege::pl0});
  CHECK(machine.engine().pc() == code + 8);
  CHECK(machine.word(dirty_pa) == 0x12345678);
  CHECK(machine.word(clean_pa) == 0);
}

}  // namespace lpaemu::emu::test
