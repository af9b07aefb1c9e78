// [linux mm/mmap.c:brk, do_brk_flags]
#include "gup.h"
#include "lpaemu/kernel_model/mm/mmap.h"
#include "munmap.h"
#include "unmapped_area.h"
#include "vma.h"

namespace lpaemu::kernel {
namespace {

Result<void> do_brk_flags(mm_struct& mm, VirtRange range) {
  if (range.end > TASK_SIZE || mm.vmas().size() > sysctl_max_map_count) return unexpected(Errno::enomem);
  if (!vm_enough_memory(mm, range.pages())) return unexpected(Errno::enomem);
  vm_area wanted;
  wanted.vm_start = range.start;
  wanted.vm_end = range.end;
  wanted.vm_flags = VM_DATA_DEFAULT_FLAGS | VM_ACCOUNT | mm.def_flags;
  wanted.vm_pgoff = range.start.page_number();
  const vm_flags_t flags = wanted.vm_flags;
  vm_area* heap = vma_merge_new_range(mm, wanted);
  if (heap == nullptr) heap = &mm.insert_vma(std::move(wanted));
  vm_stat_account(mm, flags, range.pages(), Account::add);
  if ((flags & VM_LOCKED) != 0) mm.locked_vm += range.pages();
  heap->vm_flags |= VM_SOFTDIRTY;  // the whole heap, old pages too [S-50]
  vma_set_page_prot(*heap);
  mm.update_hiwater();
  return {};
}

}  // namespace

VirtAddr do_brk(mm_struct& mm, VirtAddr brk) {
  if (brk < mm.start_brk || brk > TASK_SIZE) return mm.brk;
  const VirtAddr new_end = (brk + (mmu::PAGE_SIZE - 1)).page();
  const VirtAddr old_end = (mm.brk + (mmu::PAGE_SIZE - 1)).page();
  if (new_end == old_end) return mm.brk = brk;
  if (brk <= mm.brk) {
    const vm_area* heap = mm.find_vma(new_end);
    if (heap == nullptr || heap->vm_start >= old_end) return mm.brk;
    if (!munmap_range(mm, {new_end, old_end})) return mm.brk;
    return mm.brk = brk;
  }
  const vm_area* next = mm.find_vma(old_end);
  if (next != nullptr && new_end + mmu::PAGE_SIZE > vm_start_gap(*next)) return mm.brk;
  if (!do_brk_flags(mm, {old_end, new_end})) return mm.brk;
  mm.brk = brk;
  if ((mm.def_flags & VM_LOCKED) != 0) static_cast<void>(mm_populate(mm, {old_end, new_end}));
  return mm.brk;
}

}  // namespace lpaemu::kernel
