// Making pages present without an abort: get_user_pages, MAP_POPULATE, mlock, MADV_POPULATE_*. [linux mm/gup.c]
#include "gup.h"

#include "lpaemu/kernel_model/mm/fault.h"
#include "lpaemu/kernel_model/mm/mmap.h"
#include "memory.h"
#include "stack.h"

namespace lpaemu::kernel {
namespace {

/// Whether the page can be used as it is: no fault would come. [linux mm/gup.c:follow_page_pte]
bool can_follow(mmu::Pte pte, mmu::Access access) {
  return mmu::pte_present(pte) && !mmu::pte_protnone(pte) && (access != mmu::Access::write || mmu::pte_write(pte));
}

}  // namespace

Result<void> faultin_page_in(mm_struct& mm, vm_area& vma, VirtAddr va, mmu::Access access) {
  const auto ptep = mm.pte_offset(va);
  const mmu::Pte pte = ptep ? mm.ptep_get(*ptep) : mmu::Pte{};
  if (can_follow(pte, access)) return {};
  vm_fault vmf{mm, vma, va.page(), access, ptep, pte};
  const Verdict verdict = handle_mm_fault(vmf, pte_fault_verdict(mm, vma, va, access, pte));
  if (verdict == Verdict::oom) return unexpected(Errno::enomem);
  if (is_fatal(verdict)) return unexpected(Errno::efault);
  return {};
}

Result<void> faultin_page(mm_struct& mm, VirtAddr va, mmu::Access access) {
  if (va >= TASK_SIZE) return unexpected(Errno::efault);
  vm_area* vma = mm.find_vma(va);
  if (vma != nullptr && va < vma->vm_start && !expand_stack(mm, *vma, va)) vma = nullptr;
  if (vma == nullptr) return unexpected(Errno::efault);
  const vm_flags_t required = access == mmu::Access::write ? VM_WRITE : VM_READ;  // [linux mm/gup.c:check_vma_flags]
  if (!vma->is(required)) return unexpected(Errno::efault);
  return faultin_page_in(mm, *vma, va, access);
}

Result<void> mm_populate(mm_struct& mm, VirtRange range) {
  for (VirtAddr va = range.start; va < range.end;) {
    vm_area* vma = mm.find_vma_intersection({va, range.end});
    if (vma == nullptr) return unexpected(Errno::enomem);
    const VirtRange part = vma->range().intersection({va, range.end});
    if (part.start != va) return unexpected(Errno::enomem);
    va = part.end;
    if (vma->is(VM_LOCKONFAULT)) continue;
    if (!vma->accessible()) return unexpected(Errno::efault);
    // Copy-on-write is broken in advance, but shared pages are not made dirty for nothing.
    // [linux mm/gup.c:populate_vma_page_range]
    const auto access = !vma->is(VM_SHARED) && vma->is(VM_WRITE) ? mmu::Access::write : mmu::Access::read;
    for (VirtAddr page = part.start; page < part.end; page += mmu::PAGE_SIZE)
      LPAEMU_TRY_VOID(faultin_page_in(mm, *vma, page, access));
  }
  return {};
}

}  // namespace lpaemu::kernel
