// [linux mm/madvise.c]
#include "gup.h"
#include "lpaemu/kernel_model/mm/fault.h"
#include "lpaemu/kernel_model/mm/mmap.h"
#include "lpaemu/kernel_model/mm/page_cache.h"
#include "munmap.h"
#include "pgtable.h"
#include "vma.h"
#include "zap.h"

namespace lpaemu::kernel {
namespace {

using mmu::Pte;

/// [linux include/uapi/asm-generic/mman-common.h]
enum Advice : std::int32_t {
  MADV_NORMAL = 0,
  MADV_RANDOM = 1,
  MADV_SEQUENTIAL = 2,
  MADV_WILLNEED = 3,
  MADV_DONTNEED = 4,
  MADV_FREE = 8,
  MADV_REMOVE = 9,
  MADV_DONTFORK = 10,
  MADV_DOFORK = 11,
  MADV_HUGEPAGE = 14,
  MADV_NOHUGEPAGE = 15,
  MADV_DONTDUMP = 16,
  MADV_DODUMP = 17,
  MADV_WIPEONFORK = 18,
  MADV_KEEPONFORK = 19,
  MADV_COLD = 20,
  MADV_PAGEOUT = 21,
  MADV_POPULATE_READ = 22,
  MADV_POPULATE_WRITE = 23,
  MADV_DONTNEED_LOCKED = 24,
};

/// Known without KSM, memory failure and khugepaged. [linux mm/madvise.c:madvise_behavior_valid]
bool behavior_valid(std::int32_t advice) {
  switch (advice) {
    case MADV_NORMAL:
    case MADV_RANDOM:
    case MADV_SEQUENTIAL:
    case MADV_WILLNEED:
    case MADV_DONTNEED:
    case MADV_FREE:
    case MADV_REMOVE:
    case MADV_DONTFORK:
    case MADV_DOFORK:
    case MADV_HUGEPAGE:
    case MADV_NOHUGEPAGE:
    case MADV_DONTDUMP:
    case MADV_DODUMP:
    case MADV_WIPEONFORK:
    case MADV_KEEPONFORK:
    case MADV_COLD:
    case MADV_PAGEOUT:
    case MADV_POPULATE_READ:
    case MADV_POPULATE_WRITE:
    case MADV_DONTNEED_LOCKED: return true;
    default: return false;
  }
}

/// Clears accessed, and dirty too for MADV_FREE; soft-dirty stays. [linux mm/madvise.c:madvise_free_pte_range] [S-61]
enum class Age : std::uint8_t { cold, lazily_freed };
void age(mm_struct& mm, VirtRange range, Age how) {
  VirtRange changed;
  for_each_pte(mm, range, [&](PteTable& table, VirtAddr va, Pte pte) {
    if (vm_normal_page(mm, pte) == nullptr) return;
    if (!mmu::pte_young(pte) && (how == Age::cold || !mmu::pte_dirty(pte))) return;
    Pte aged = mmu::pte_mkold(pte);
    if (how == Age::lazily_freed) aged = mmu::pte_mkclean(aged);
    table.set(va, aged);
    changed = changed.hull({va, va + mmu::PAGE_SIZE});
  });
  mm.flush_tlb_range(changed);
}

/// Drops the pages; the next access starts afresh. [linux mm/madvise.c:madvise_dontneed_single_vma]
Result<void> dontneed(mm_struct& mm, vm_area& vma, VirtRange range, std::int32_t advice) {
  const vm_flags_t forbidden = advice == MADV_DONTNEED_LOCKED ? VM_PFNMAP : VM_PFNMAP | VM_LOCKED;
  if (vma.is_any(forbidden)) return unexpected(Errno::einval);
  mm.update_hiwater();
  mmu_gather gather{mm};
  gather.unmap(vma, range);
  return {};
}

/// Punches a hole into a shared file. [linux mm/madvise.c:madvise_remove]
Result<void> remove(vm_area& vma, VirtRange range) {
  if (vma.is(VM_LOCKED) || vma.anonymous()) return unexpected(Errno::einval);
  if (!vma.is(VM_SHARED | VM_MAYWRITE)) return unexpected(Errno::eacces);
  if (!vma.mapping->is_shmem()) return unexpected(Errno::enotsup);
  vma.mapping->punch_hole(vma.linear_page_index(range.start) * mmu::PAGE_SIZE, range.bytes());
  return {};
}

/// The VMA's flags after advice that only changes flags. [linux mm/madvise.c:madvise_vma_behavior]
Result<vm_flags_t> advised_flags(const vm_area& vma, std::int32_t advice) {
  const vm_flags_t flags = vma.vm_flags;
  constexpr vm_flags_t readahead = VM_RAND_READ | VM_SEQ_READ;
  switch (advice) {
    case MADV_NORMAL: return flags & ~readahead;
    case MADV_SEQUENTIAL: return (flags & ~VM_RAND_READ) | VM_SEQ_READ;
    case MADV_RANDOM: return (flags & ~VM_SEQ_READ) | VM_RAND_READ;
    case MADV_DONTFORK: return flags | VM_DONTCOPY;
    case MADV_DOFORK:
      if (vma.is(VM_IO)) return unexpected(Errno::einval);
      return flags & ~VM_DONTCOPY;
    case MADV_WIPEONFORK:
      if (!vma.anonymous() || vma.is(VM_SHARED)) return unexpected(Errno::einval);
      return flags | VM_WIPEONFORK;
    case MADV_KEEPONFORK: return flags & ~VM_WIPEONFORK;
    case MADV_DONTDUMP: return flags | VM_DONTDUMP;
    case MADV_DODUMP:
      if (vma.is_any(VM_DONTEXPAND | VM_PFNMAP | VM_IO)) return unexpected(Errno::einval);
      return flags & ~VM_DONTDUMP;
    case MADV_HUGEPAGE: return (flags & ~VM_NOHUGEPAGE) | VM_HUGEPAGE;  // Pretend: there are no huge pages
    case MADV_NOHUGEPAGE: return (flags & ~VM_HUGEPAGE) | VM_NOHUGEPAGE;
    default: return flags;  // MADV_WILLNEED reads nothing ahead here
  }
}

Result<void> madvise_vma(mm_struct& mm, vm_area& vma, VirtRange range, std::int32_t advice) {
  switch (advice) {
    case MADV_DONTNEED:
    case MADV_DONTNEED_LOCKED: return dontneed(mm, vma, range, advice);
    case MADV_REMOVE: return remove(vma, range);
    case MADV_FREE:
      if (vma.is_any(VM_PFNMAP | VM_LOCKED) || !vma.anonymous()) return unexpected(Errno::einval);
      age(mm, range, Age::lazily_freed);
      return {};
    case MADV_COLD:
    case MADV_PAGEOUT:
      if (vma.is_any(VM_PFNMAP | VM_LOCKED)) return unexpected(Errno::einval);
      age(mm, range, Age::cold);
      return {};
    default: break;
  }
  LPAEMU_TRY(flags, advised_flags(vma, advice));
  if (flags == vma.vm_flags) return {};
  LPAEMU_TRY_VOID(vma_modify_flags(mm, vma, range, flags));
  return {};
}

/// [linux mm/madvise.c:madvise_populate]
Result<void> populate(mm_struct& mm, VirtRange range, mmu::Access access) {
  const vm_flags_t required = access == mmu::Access::write ? VM_WRITE : VM_READ;
  for (VirtAddr va = range.start; va < range.end; va += mmu::PAGE_SIZE) {
    vm_area* vma = mm.find_vma(va);
    if (vma == nullptr || va < vma->vm_start) return unexpected(Errno::enomem);  // a stack does not grow for this
    if (!vma->is(required) || vma->is_any(VM_IO | VM_PFNMAP)) return unexpected(Errno::einval);
    LPAEMU_TRY_VOID(faultin_page_in(mm, *vma, va, access));
  }
  return {};
}

}  // namespace

Result<void> do_madvise(mm_struct& mm, VirtAddr start, std::uint32_t length, std::int32_t advice) {
  if (!behavior_valid(advice) || !start.is_page_aligned()) return unexpected(Errno::einval);
  const std::uint32_t bytes = page_align(length);
  if (length != 0 && bytes == 0) return unexpected(Errno::einval);
  const VirtRange range{start, start + bytes};
  if (range.end < range.start) return unexpected(Errno::einval);
  if (range.empty()) return {};
  if (advice == MADV_POPULATE_READ) return populate(mm, range, mmu::Access::read);
  if (advice == MADV_POPULATE_WRITE) return populate(mm, range, mmu::Access::write);

  // Holes are skipped, and make the call fail in the end. [linux mm/madvise.c:madvise_walk_vmas]
  bool hole = false;
  for (VirtAddr at = range.start; at < range.end;) {
    vm_area* vma = mm.find_vma_intersection({at, range.end});
    if (vma == nullptr) return unexpected(Errno::enomem);
    hole = hole || vma->vm_start > at;
    const VirtRange part = vma->range().intersection({at, range.end});
    at = part.end;
    LPAEMU_TRY_VOID(madvise_vma(mm, *vma, part, advice));
  }
  if (hole) return unexpected(Errno::enomem);
  return {};
}

}  // namespace lpaemu::kernel
