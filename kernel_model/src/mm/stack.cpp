#include "stack.h"

#include "lpaemu/kernel_model/mm/mmap.h"
#include "vma.h"

namespace lpaemu::kernel {

bool can_expand_stack(mm_struct& mm, const vm_area& vma, VirtAddr va) {
  const VirtAddr page = va.page();
  if (!vma.is(VM_GROWSDOWN) || page >= vma.vm_start) return false;
  if (page < mmap_min_addr || page < FIRST_USER_ADDRESS) return false;
  const vm_area* prev = mm.prev_vma(vma);
  if (prev != nullptr && !prev->is(VM_GROWSDOWN) && prev->accessible() && page - prev->vm_end < stack_guard_gap)
    return false;
  const std::uint32_t grow = (vma.vm_start - page) / mmu::PAGE_SIZE;
  if (grow > vma.vm_pgoff) return false;
  return vma.vm_end - page <= mm.rlimit_stack && vm_enough_memory(mm, grow);  // [linux mm/mmap.c:acct_stack_growth]
}

bool expand_stack(mm_struct& mm, vm_area& vma, VirtAddr va) {
  if (!can_expand_stack(mm, vma, va)) return false;
  const VirtRange added{va.page(), vma.vm_start};
  vm_stat_account(mm, vma.vm_flags, added.pages(), Account::add);
  if (vma.is(VM_LOCKED)) mm.locked_vm += added.pages();
  vma.vm_pgoff -= added.pages();
  mm.set_vma_start(vma, added.start);  // vm_flags stay: VM_SOFTDIRTY is not set [P-51b, S-51]
  if (mm.context().soft_dirty_mode == SoftDirtyMode::documented)
    vma.soft_dirty_added = vma.soft_dirty_added.hull(added);
  return true;
}

Result<VirtAddr> insert_stack(mm_struct& mm, VirtAddr top, std::uint32_t bytes, bool executable) {
  // [linux fs/exec.c:__bprm_mm_init, setup_arg_pages] [S-50]
  vm_area vma;
  vma.vm_start = VirtAddr{(top - bytes).raw()}.page();
  vma.vm_end = top;
  if (bytes == 0 || !top.is_page_aligned() || bytes > top.raw() || top > TASK_SIZE) return unexpected(Errno::einval);
  if (mm.find_vma_intersection(vma.range()) != nullptr) return unexpected(Errno::enomem);
  vma.vm_flags = VM_DATA_DEFAULT_FLAGS | VM_GROWSDOWN | VM_ACCOUNT | VM_SOFTDIRTY | mm.def_flags;
  if (executable) vma.vm_flags |= VM_EXEC;
  vma.vm_pgoff = vma.vm_start.page_number();
  vma_set_page_prot(vma);
  if (!vm_enough_memory(mm, vma.pages())) return unexpected(Errno::enomem);
  vm_stat_account(mm, vma.vm_flags, vma.pages(), Account::add);
  return mm.insert_vma(std::move(vma)).vm_start;
}

}  // namespace lpaemu::kernel
