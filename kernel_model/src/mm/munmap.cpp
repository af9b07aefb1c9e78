#include "munmap.h"

#include "lpaemu/kernel_model/mm/mmap.h"
#include "vma.h"
#include "zap.h"

namespace lpaemu::kernel {
namespace {

/// Cuts the VMAs at both ends of the range, so that it holds whole ones. [linux mm/vma.c:vms_gather_munmap_vmas]
Result<void> split_at_ends(mm_struct& mm, VirtRange range) {
  vm_area* first = mm.find_vma(range.start);
  if (first != nullptr && first->vm_start < range.start) LPAEMU_TRY_VOID(split_vma(mm, *first, range.start));
  vm_area* last = mm.find_vma(range.end);
  if (last != nullptr && last->vm_start < range.end) LPAEMU_TRY_VOID(split_vma(mm, *last, range.end));
  return {};
}

void unaccount(mm_struct& mm, const vm_area& vma) {
  vm_stat_account(mm, vma.vm_flags, vma.pages(), Account::remove);
  if (vma.is(VM_LOCKED)) mm.locked_vm -= vma.pages();
}

}  // namespace

Result<void> munmap_range(mm_struct& mm, VirtRange range) {
  if (mm.find_vma_intersection(range) == nullptr) return {};
  LPAEMU_TRY_VOID(split_at_ends(mm, range));
  mm.update_hiwater();
  mmu_gather gather{mm};
  while (vm_area* vma = mm.find_vma_intersection(range)) {
    gather.unmap(*vma, vma->range());
    unaccount(mm, *vma);
    mm.erase_vma(*vma);
  }
  mm.gap_search = {};
  gather.free_pgtables(range);
  return {};
}

Result<void> do_munmap(mm_struct& mm, VirtAddr start, std::uint32_t length) {
  // [linux mm/vma.c:do_vmi_munmap]
  if (!start.is_page_aligned() || start > TASK_SIZE || length > TASK_SIZE - start) return unexpected(Errno::einval);
  const std::uint32_t bytes = page_align(length);
  if (bytes == 0) return unexpected(Errno::einval);
  return munmap_range(mm, {start, start + bytes});
}

void exit_mmap(mm_struct& mm) {
  mm.update_hiwater();
  mmu_gather gather{mm};
  while (!mm.vmas().empty()) {
    vm_area& vma = mm.vmas().begin()->second;
    gather.unmap(vma, vma.range());
    unaccount(mm, vma);
    mm.erase_vma(vma);
  }
  gather.free_pgtables({VirtAddr{}, TASK_SIZE});
  gather.free_pgtables({TASK_SIZE, vectors_base + mmu::PAGE_SIZE - 1});  // the vectors page holds no reference
}

}  // namespace lpaemu::kernel
