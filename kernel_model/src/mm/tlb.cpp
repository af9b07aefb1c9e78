// TLB maintenance of an address space. Each operation is announced, whether or not the engine needs it.
// [linux arch/arm/include/asm/tlbflush.h]
#include "lpaemu/kernel_model/mm/mm_struct.h"

namespace lpaemu::kernel {

void mm_struct::tlb_invalidated(TlbScope scope, VirtAddr va) {
  if (!context_.events.active()) [[likely]]
    return;
  context_.events.emit(Event{.kind = EventKind::TlbInvalidated, .address = va, .scope = scope});
}

void mm_struct::flush_tlb_page(VirtAddr va) {
  context_.cpu.tlbimva(va.page(), asid_);
  tlb_invalidated(TlbScope::page, va.page());
}

void mm_struct::flush_tlb_range(VirtRange range) {
  if (range.empty()) return;
  if (range.pages() == 1) return flush_tlb_page(range.start);
  // Pretend: the kernel invalidates page by page. One operation on the whole ASID drops more, never less.
  flush_tlb_mm();
}

void mm_struct::flush_tlb_mm() {
  context_.cpu.tlbiasid(asid_);
  tlb_invalidated(TlbScope::asid, VirtAddr{});
}

}  // namespace lpaemu::kernel
