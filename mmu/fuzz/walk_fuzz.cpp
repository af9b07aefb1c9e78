// Walks over any memory and registers: each ends after at most three reads, and as the second walker's does; what
// remedies_for() asks for cures the fault.
#include <algorithm>
#include <vector>

#include "input.h"
#include "lpaemu/mmu/assert.h"
#include "lpaemu/mmu/print.h"
#include "lpaemu/mmu/remedy.h"
#include "lpaemu/mmu/testing/fake_memory.h"
#include "lpaemu/mmu/walk.h"
#include "second_walk.h"

namespace lpaemu::mmu {
namespace {

constexpr std::uint32_t ram_pages = 4;
constexpr std::size_t most_walks = 8;

/// Memory that counts how often a walk asks for a table.
class CountingMemory final : public PhysicalMemory {
 public:
  [[nodiscard]] FakeMemory& ram() { return ram_; }
  [[nodiscard]] unsigned tables_read() const { return tables_read_; }

  [[nodiscard]] std::optional<std::uint64_t> read64(PhysAddr pa) const override { return ram_.read64(pa); }
  [[nodiscard]] bool write64(PhysAddr pa, std::uint64_t value) override { return ram_.write64(pa, value); }
  [[nodiscard]] std::span<std::byte> page(PhysAddr pa) override { return ram_.page(pa); }
  [[nodiscard]] std::span<const std::uint64_t> table(PhysAddr pa) const override {
    ++tables_read_;
    return ram_.table(pa);
  }

 private:
  FakeMemory ram_{PhysAddr{FakeMemory::default_ram_base}, ram_pages};
  mutable unsigned tables_read_ = 0;
};

struct Recorder final : WalkObserver {
  std::vector<WalkStep> steps;
  void on_step(const WalkStep& step) override { steps.push_back(step); }
};

/// Registers and tables out of an input: the registers first, then records that put a descriptor into an entry, or
/// into all 512 of a page, and that may point it at a page of the memory.
class Machine {
 public:
  explicit Machine(fuzzing::Input& input) {
    registers_.ttbcr = input.take<std::uint32_t>() | 1U << 31;  // EAE
    registers_.sctlr = input.take<std::uint32_t>();
    registers_.mair0 = 0xeeaa'4400;
    registers_.mair1 = 0xff00'0004;
    for (std::uint64_t* const ttbr : {&registers_.ttbr0, &registers_.ttbr1}) {
      const auto how = input.take<std::uint8_t>();
      *ttbr = directed(how, input.take<std::uint64_t>());
    }
    const unsigned records = input.take<std::uint8_t>() % 32;
    for (unsigned i = 0; i < records && input.left() != 0; ++i) {
      const auto place = input.take<std::uint16_t>();
      const auto how = input.take<std::uint8_t>();
      fill(place, (how & 0x80) != 0, directed(how, input.take<std::uint64_t>()));
    }
  }

  /// One access: `va`, which kind, which privilege.
  void walk_once(std::uint32_t va, std::uint8_t how) {
    const second_walk::Request request{va, "rwx"[how % 3], how >> 2 & 1U};
    const auto access = static_cast<Access>(how % 3);
    const auto privilege = static_cast<Privilege>(how >> 2 & 1U);
    const Regime regime = this->regime();

    const unsigned before = memory_.tables_read();
    const auto found = walk(memory_, regime, VirtAddr{va}, access, privilege);
    const unsigned reads = memory_.tables_read() - before;
    LPAEMU_ASSERT(reads <= last_level, "{} tables read for {:#x}", reads, va);
    check_observed(found, reads, VirtAddr{va}, access, privilege);
    check_second(found, request);
    check_cure(found, VirtAddr{va}, access, privilege);
  }

 private:
  using Found = Expected<Translation, Fault>;

  [[nodiscard]] Regime regime() const {
    return Regime{{Ttbcr{registers_.ttbcr}, Ttbr{registers_.ttbr0}, Ttbr{registers_.ttbr1},
                   Mair{std::uint64_t{registers_.mair1} << 32 | registers_.mair0}, Sctlr{registers_.sctlr}}};
  }

  /// `word` with its address changed to a page of the RAM, if the choice says so: most words name no memory.
  static std::uint64_t directed(std::uint8_t how, std::uint64_t word) {
    const unsigned page = how % (2 * ram_pages);
    if (page >= ram_pages) return word;
    const PhysAddr address = PhysAddr{FakeMemory::default_ram_base} + std::uint64_t{page} * PAGE_SIZE;
    return leaf::OA.with(Descriptor{word}, address.pfn()).raw();
  }

  void fill(std::uint16_t place, bool whole_page, std::uint64_t word) {
    if ((registers_.sctlr & sctlr_ee) != 0) word = __builtin_bswap64(word);
    const PhysAddr page =
        memory_.ram().ram_base() + std::uint64_t{place / descriptors_per_table % ram_pages} * PAGE_SIZE;
    if (!whole_page) return store(page + std::uint64_t{place % descriptors_per_table} * descriptor_bytes, word);
    for (unsigned i = 0; i < descriptors_per_table; ++i) store(page + std::uint64_t{i} * descriptor_bytes, word);
  }

  void store(PhysAddr pa, std::uint64_t word) {
    LPAEMU_ASSERT(memory_.write64(pa, word), "no memory at {:#x}", pa.raw());
  }

  /// An observer changes nothing, and sees a step for each table read where there is memory.
  void check_observed(const Found& found, unsigned reads, VirtAddr va, Access access, Privilege privilege) const {
    Recorder recorder;
    const Found again = walk(memory_, regime(), va, access, privilege, &recorder);
    LPAEMU_ASSERT(again == found, "{:#x}: another result with an observer", va.raw());
    const bool no_memory = !found && found.error().kind == FaultKind::external_abort_on_walk;
    LPAEMU_ASSERT(recorder.steps.size() + (no_memory ? 1 : 0) == reads, "{} steps, {} reads", recorder.steps.size(),
                  reads);
    for (const WalkStep& step : recorder.steps) {
      LPAEMU_ASSERT(step.entry == step.table + std::uint64_t{step.index} * descriptor_bytes, "entry {:#x}",
                    step.entry.raw());
      LPAEMU_ASSERT(step.kind == kind_of(step.descriptor, step.level), "{:#x}", step.descriptor.raw());
      const bool last = &step == &recorder.steps.back();
      LPAEMU_ASSERT(last || step.kind == Kind::table, "the walk went on behind {:#x}", step.descriptor.raw());
    }
  }

  void check_second(const Found& found, const second_walk::Request& request) const {
    const second_walk::Result second =
        second_walk::translate([this](std::uint64_t pa) { return memory_.read64(PhysAddr{pa}); }, registers_, request);
    const std::uint32_t fsr = found ? 0 : fsr_word(found.error());
    LPAEMU_ASSERT(fsr == second.fsr, "{} of {:#x}: FSR {:#x}, second walker {:#x}", request.access, request.va, fsr,
                  second.fsr);
    LPAEMU_ASSERT(fsr != 0 || found->pa.raw() == second.pa, "{:#x}: PA {:#x}, second walker {:#x}", request.va,
                  found->pa.raw(), second.pa);
    for (unsigned right = 0; fsr == 0 && right < 6; ++right) {
      const bool ours = found->permissions.allows(static_cast<Access>(right % 3), static_cast<Privilege>(right / 3));
      LPAEMU_ASSERT(ours == ((second.rights >> right & 1) != 0), "{:#x}: right {}", request.va, right);
    }
  }

  /// Whoever does what remedies_for() says gets the access. Not looked at: remedies that leave a value open; and tables
  /// that the walk meets twice, where the second use of an entry is changed by the cure of the first.
  void check_cure(const Found& found, VirtAddr va, Access access, Privilege privilege) {
    const std::vector<Remedy> remedies = remedies_for(memory_, regime(), va, access, privilege);
    LPAEMU_ASSERT(remedies.empty() == found.has_value(), "{:#x}: {} remedies", va.raw(), remedies.size());
    const auto open = [](const Remedy& remedy) {
      return remedy.place == RemedyPlace::none || remedy.place == RemedyPlace::ttbcr;
    };
    if (remedies.empty() || std::ranges::any_of(remedies, open) || meets_an_entry_twice(va, access, privilege)) return;
    const second_walk::Registers registers = registers_;
    std::vector<std::pair<PhysAddr, std::uint64_t>> old;
    for (const Remedy& remedy : remedies) {
      if (remedy.place == RemedyPlace::sctlr) {
        registers_.sctlr = remedy.apply(Sctlr{registers_.sctlr}).raw();
        continue;
      }
      const std::uint64_t word = memory_.ram().word(remedy.entry);
      old.emplace_back(remedy.entry, word);
      const bool swapped = regime().big_endian_tables();
      const Descriptor cured = remedy.apply(Descriptor{swapped ? __builtin_bswap64(word) : word});
      store(remedy.entry, swapped ? __builtin_bswap64(cured.raw()) : cured.raw());
    }
    const Found after = walk(memory_, regime(), va, access, privilege);
    LPAEMU_ASSERT(after.has_value(), "cured, but {}", describe(after.error()));
    registers_ = registers;
    for (const auto& [pa, word] : old) store(pa, word);
  }

  [[nodiscard]] bool meets_an_entry_twice(VirtAddr va, Access access, Privilege privilege) const {
    Recorder recorder;
    static_cast<void>(walk(memory_, regime(), va, access, privilege, &recorder));
    std::vector<PhysAddr> entries;
    for (const WalkStep& step : recorder.steps) entries.push_back(step.entry);
    std::ranges::sort(entries);
    return std::ranges::adjacent_find(entries) != entries.end();
  }

  static constexpr std::uint32_t sctlr_ee = SCTLR::EE.mask;

  CountingMemory memory_;
  second_walk::Registers registers_{};
};

}  // namespace
}  // namespace lpaemu::mmu

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lpaemu::mmu;
  fuzzing::Input input{data, size};
  Machine machine{input};
  for (std::size_t i = 0; i < most_walks && (i == 0 || input.left() != 0); ++i) {
    const auto va = input.take<std::uint32_t>();
    machine.walk_once(va, input.take<std::uint8_t>());
  }
  return 0;
}
