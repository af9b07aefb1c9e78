// Memory: thin checks of the arguments around what mm/ does. [linux mm/mmap.c, mprotect.c, mremap.c, mlock.c, msync.c]
#include "common.h"
#include "handlers.h"
#include "lpaemu/kernel_model/mm/mmap.h"
#include "lpaemu/kernel_model/mm/page_cache.h"

namespace lpaemu::kernel {
namespace {

/// READ_IMPLIES_EXEC: old programs jump into what they may read. [linux mm/mmap.c:do_mmap]
std::uint32_t implied_prot(const task_struct& task, std::uint32_t prot) {
  const bool implies = (task.personality & READ_IMPLIES_EXEC) != 0 && (prot & PROT_READ) != 0;
  return implies ? prot | PROT_EXEC : prot;
}

SyscallResult as_result(const Result<void>& result) {
  if (!result) return unexpected(result.error());
  return 0;
}

}  // namespace

SyscallResult sys_brk(task_struct& task, const SyscallArgs& args) { return do_brk(*task.mm, args.addr(0)).raw(); }

/// The offset is in units of 4096 bytes. [linux arch/arm/kernel/entry-common.S:sys_mmap2, mm/mmap.c:ksys_mmap_pgoff]
SyscallResult sys_mmap2(task_struct& task, const SyscallArgs& args) {
  MmapRequest request;
  request.addr = args.addr(0);
  request.length = args[1];
  request.prot = implied_prot(task, args[2]);
  request.flags = args[3];
  request.pgoff = args[5];
  if ((request.flags & MAP_HUGETLB) != 0) return unexpected(Errno::einval);
  if ((request.flags & MAP_ANONYMOUS) == 0) {
    LPAEMU_TRY(file, fget(task, args[4]));
    request.file_writable = file->writable();
    request.file = std::move(file);
  }
  LPAEMU_TRY(start, do_mmap(*task.mm, request));
  return start.raw();
}

SyscallResult sys_munmap(task_struct& task, const SyscallArgs& args) {
  return as_result(do_munmap(*task.mm, args.addr(0), args[1]));
}

SyscallResult sys_mprotect(task_struct& task, const SyscallArgs& args) {
  return as_result(do_mprotect(*task.mm, args.addr(0), args[1], implied_prot(task, args[2])));
}

SyscallResult sys_mremap(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY(start, do_mremap(*task.mm, args.addr(0), args[1], args[2], args[3], args.addr(4)));
  return start.raw();
}

SyscallResult sys_madvise(task_struct& task, const SyscallArgs& args) {
  return as_result(do_madvise(*task.mm, args.addr(0), args[1], args.s32(2)));
}

SyscallResult sys_mlock(task_struct& task, const SyscallArgs& args) {
  return as_result(do_mlock(*task.mm, args.addr(0), args[1]));
}

SyscallResult sys_mlock2(task_struct& task, const SyscallArgs& args) {
  constexpr std::uint32_t MLOCK_ONFAULT = 1;
  if (!has_only(args[2], MLOCK_ONFAULT)) return unexpected(Errno::einval);
  const vm_flags_t lock = args[2] == MLOCK_ONFAULT ? VM_LOCKED | VM_LOCKONFAULT : VM_LOCKED;
  return as_result(do_mlock(*task.mm, args.addr(0), args[1], lock));
}

SyscallResult sys_munlock(task_struct& task, const SyscallArgs& args) {
  return as_result(do_munlock(*task.mm, args.addr(0), args[1]));
}

SyscallResult sys_mlockall(task_struct& task, const SyscallArgs& args) {
  return as_result(do_mlockall(*task.mm, args[0]));
}

SyscallResult sys_munlockall(task_struct& task, const SyscallArgs&) { return as_result(do_munlockall(*task.mm)); }

SyscallResult sys_mincore(task_struct& task, const SyscallArgs& args) {
  return as_result(do_mincore(*task.mm, args.addr(0), args[1], args.addr(2)));
}

/// Shared pages of a file are the file's own pages; MS_SYNC brings them to the host. [linux mm/msync.c]
SyscallResult sys_msync(task_struct& task, const SyscallArgs& args) {
  constexpr std::uint32_t MS_ASYNC = 1, MS_INVALIDATE = 2, MS_SYNC = 4;
  const VirtAddr start = args.addr(0);
  const std::uint32_t flags = args[2];
  if (!has_only(flags, MS_ASYNC | MS_INVALIDATE | MS_SYNC)) return unexpected(Errno::einval);
  if (!start.is_page_aligned()) return unexpected(Errno::einval);
  if ((flags & MS_ASYNC) != 0 && (flags & MS_SYNC) != 0) return unexpected(Errno::einval);
  const VirtAddr end = start + (args[1] + (mmu::PAGE_SIZE - 1)) / mmu::PAGE_SIZE * mmu::PAGE_SIZE;
  if (end < start) return unexpected(Errno::enomem);
  bool hole = false;
  for (VirtAddr at = start; at < end;) {
    const vm_area* const vma = task.mm->find_vma(at);
    if (vma == nullptr || vma->vm_start >= end) return unexpected(Errno::enomem);
    hole |= vma->vm_start > at;
    if ((flags & MS_INVALIDATE) != 0 && vma->is(VM_LOCKED)) return unexpected(Errno::ebusy);
    if ((flags & MS_SYNC) != 0 && vma->is(VM_SHARED) && vma->vm_file) LPAEMU_TRY_VOID(vma->vm_file->fsync());
    at = vma->vm_end;
  }
  if (hole) return unexpected(Errno::enomem);
  return 0;
}

/// Makes stores visible to instruction fetches. [linux arch/arm/kernel/traps.c:do_cache_op]
SyscallResult sys_arm_cacheflush(task_struct& task, const SyscallArgs& args) {
  const VirtAddr start = args.addr(0);
  const VirtAddr end = args.addr(1);
  if (end < start || args[2] != 0) return unexpected(Errno::einval);
  if (end > TASK_SIZE) return unexpected(Errno::efault);
  for (VirtAddr at = start.page(); at < end; at += mmu::PAGE_SIZE) {
    const vm_area* const vma = task.mm->vma_lookup(at);
    if (vma == nullptr) return unexpected(Errno::efault);
    const mmu::Pte pte = task.mm->pte_at(at);
    if (pte_present(pte)) task.kernel->pages().stored_into(pte_pfn(pte));
  }
  return 0;
}

}  // namespace lpaemu::kernel
