#include "guest.h"

#include <algorithm>

namespace lpaemu::kernel::testing {

std::vector<Event> Recorder::of(EventKind kind) const {
  std::vector<Event> found;
  std::copy_if(events.begin(), events.end(), std::back_inserter(found),
               [kind](const Event& event) { return event.kind == kind; });
  return found;
}

Guest::Guest(SoftDirtyMode mode, std::uint64_t ram_bytes)
    : own_board_{std::make_unique<Board>(mode, ram_bytes)},
      board_{own_board_.get()},
      mm_{mm_struct::create(board_->context, Asid{1}).value()} {}

Guest::Guest(Board& board, Asid asid) : board_{&board}, mm_{mm_struct::create(board.context, asid).value()} {}

Outcome Guest::access(VirtAddr va, mmu::Access access, std::byte* value) {
  constexpr int too_many = 8;
  Outcome outcome;
  for (int attempt = 0; attempt < too_many; ++attempt) {
    const auto found = cpu().tlb().translate(mm().memory(), mm().regime(), va, access, mmu::Privilege::pl0);
    if (found) {
      std::byte& at = mm().memory().page(found->pa)[va.page_offset()];
      if (access == mmu::Access::write) at = *value;
      if (access == mmu::Access::read && value != nullptr) *value = at;
      outcome.done = true;
      return outcome;
    }
    const mmu::Fault& fault = found.error();
    REQUIRE(fault.kind != mmu::FaultKind::tlb_conflict);
    outcome.fsr.push_back(mmu::fsr_word(fault));
    outcome.verdicts.push_back(do_abort(mm(), fault, classify(mm(), fault)));
    audit();
    if (is_fatal(outcome.last())) return outcome;
  }
  FAIL("the access at " << std::hex << va.raw() << " faults for ever");
  return outcome;
}

Outcome Guest::store(VirtAddr va, std::uint8_t value) {
  std::byte byte{value};
  return access(va, mmu::Access::write, &byte);
}

std::uint8_t Guest::byte_at(VirtAddr va) {
  std::byte value{};
  REQUIRE(load(va, &value).done);
  return std::to_integer<std::uint8_t>(value);
}

VirtAddr Guest::map(std::uint32_t pages, std::uint32_t prot, std::uint32_t flags, VirtAddr addr) {
  const auto mapped = do_mmap(mm(), {.addr = addr, .length = pages * page_size, .prot = prot, .flags = flags});
  REQUIRE(mapped.has_value());
  audit();
  return *mapped;
}

VirtAddr Guest::map_file(const std::shared_ptr<page_cache>& file, std::uint32_t pages, std::uint32_t prot,
                         std::uint32_t flags, std::uint64_t pgoff) {
  MmapRequest request{.length = pages * page_size, .prot = prot, .flags = flags};
  request.mapping = file;
  request.file_writable = true;
  request.pgoff = pgoff;
  const auto mapped = do_mmap(mm(), request);
  REQUIRE(mapped.has_value());
  audit();
  return *mapped;
}

void Guest::unmap(VirtAddr start, std::uint32_t pages) {
  REQUIRE(do_munmap(mm(), start, pages * page_size).has_value());
  audit();
}

void Guest::protect(VirtAddr start, std::uint32_t pages, std::uint32_t prot) {
  REQUIRE(do_mprotect(mm(), start, pages * page_size, prot).has_value());
  audit();
}

void Guest::clear_refs(std::string_view text) {
  REQUIRE(clear_refs_write(mm(), text).has_value());
  audit();
}

std::string Guest::soft_dirty_of(VirtAddr start, std::uint32_t pages) {
  std::string bits;
  for (std::uint32_t i = 0; i < pages; ++i) bits += soft_dirty(page_of(start, i)) ? '1' : '0';
  return bits;
}

std::uint64_t Guest::pte_at_pa(VirtAddr va, std::uint64_t pa) {
  return mmu::leaf::OA.with(pte(va), PhysAddr{pa}.pfn()).raw();
}

vm_area& Guest::vma(VirtAddr va) {
  vm_area* found = mm().vma_lookup(va);
  REQUIRE(found != nullptr);
  return *found;
}

std::string Guest::layout(VirtAddr base) {
  std::string text;
  for (const auto& [start, vma] : mm().vmas()) {
    const auto page = [base](VirtAddr va) {
      return std::to_string(static_cast<std::int32_t>(va.raw() - base.raw()) / static_cast<std::int32_t>(page_size));
    };
    if (!text.empty()) text += ' ';
    text += page(vma.vm_start) + '-' + page(vma.vm_end) + ':';
    if (vma.is(VM_READ)) text += 'r';
    if (vma.is(VM_WRITE)) text += 'w';
    if (vma.is(VM_EXEC)) text += 'x';
    if (vma.is(VM_SOFTDIRTY)) text += '*';
  }
  return text;
}

void Guest::audit() {
  REQUIRE(verify(mm()) == "");
  REQUIRE(stale_translations() == "");
}

std::string Guest::stale_translations() { return testing::stale_translations(cpu().tlb(), mm()); }

std::string Guest::exit() {
  const Asid asid = mm().asid();
  mm_.reset();
  return left_behind(cpu().tlb(), asid);
}

}  // namespace lpaemu::kernel::testing
