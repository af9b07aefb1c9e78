// [linux mm/mlock.c]. Pretend: RLIMIT_MEMLOCK is not applied (Linux excuses CAP_IPC_LOCK).
#include "gup.h"
#include "lpaemu/kernel_model/mm/mmap.h"
#include "munmap.h"
#include "vma.h"

namespace lpaemu::kernel {
namespace {

constexpr std::uint32_t MCL_CURRENT = 1;
constexpr std::uint32_t MCL_FUTURE = 2;
constexpr std::uint32_t MCL_ONFAULT = 4;

/// [linux mm/mlock.c:mlock_fixup]
Result<void> mlock_fixup(mm_struct& mm, vm_area& vma, VirtRange range, vm_flags_t lock) {
  const vm_flags_t oldflags = vma.vm_flags;
  const vm_flags_t newflags = (oldflags & ~VM_LOCKED_MASK) | lock;
  if (newflags == oldflags || vma.is_any(VM_IO | VM_DONTEXPAND | VM_PFNMAP)) return {};
  LPAEMU_TRY_VOID(vma_modify_flags(mm, vma, range, newflags));
  const bool was_locked = (oldflags & VM_LOCKED) != 0;
  const bool is_locked = (newflags & VM_LOCKED) != 0;
  if (is_locked && !was_locked) mm.locked_vm += range.pages();
  if (!is_locked && was_locked) mm.locked_vm -= range.pages();
  return {};
}

/// [linux mm/mlock.c:apply_vma_lock_flags]
Result<void> apply_vma_lock_flags(mm_struct& mm, VirtRange range, vm_flags_t lock) {
  for (VirtAddr at = range.start; at < range.end;) {
    vm_area* vma = mm.vma_lookup(at);
    if (vma == nullptr) return unexpected(Errno::enomem);
    const VirtRange part{at, std::min(vma->vm_end, range.end)};
    LPAEMU_TRY_VOID(mlock_fixup(mm, *vma, part, lock));
    at = part.end;
  }
  return {};
}

/// The pages that a byte range touches; empty if it wraps around.
Result<VirtRange> page_range(VirtAddr start, std::uint32_t length) {
  const std::uint32_t bytes = page_align(length + start.page_offset());
  const VirtRange range{start.page(), start.page() + bytes};
  if (range.end < range.start) return unexpected(Errno::einval);
  return range;
}

Result<void> apply_mlockall_flags(mm_struct& mm, vm_flags_t lock) {
  std::vector<VirtRange> ranges;  // the VMAs merge while they are changed
  for (const auto& [start, vma] : mm.vmas()) ranges.push_back(vma.range());
  for (const VirtRange& range : ranges) static_cast<void>(apply_vma_lock_flags(mm, range, lock));
  return {};
}

}  // namespace

Result<void> do_mlock(mm_struct& mm, VirtAddr start, std::uint32_t length, vm_flags_t lock) {
  LPAEMU_TRY(range, page_range(start, length));
  LPAEMU_TRY_VOID(apply_vma_lock_flags(mm, range, lock));
  const auto populated = mm_populate(mm, range);
  if (populated) return {};
  // POSIX has its own opinion. [linux mm/mlock.c:__mlock_posix_error_return]
  return unexpected(populated.error() == Errno::efault ? Errno::enomem : Errno::eagain);
}

Result<void> do_munlock(mm_struct& mm, VirtAddr start, std::uint32_t length) {
  LPAEMU_TRY(range, page_range(start, length));
  return apply_vma_lock_flags(mm, range, 0);
}

Result<void> do_mlockall(mm_struct& mm, std::uint32_t flags) {
  if (flags == 0 || (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) != 0 || flags == MCL_ONFAULT)
    return unexpected(Errno::einval);
  const vm_flags_t lock = VM_LOCKED | ((flags & MCL_ONFAULT) != 0 ? VM_LOCKONFAULT : 0);
  mm.def_flags &= ~VM_LOCKED_MASK;
  if ((flags & MCL_FUTURE) != 0) mm.def_flags |= lock;
  if ((flags & MCL_CURRENT) == 0) return {};
  LPAEMU_TRY_VOID(apply_mlockall_flags(mm, lock));
  std::vector<VirtRange> ranges;
  for (const auto& [start, vma] : mm.vmas()) ranges.push_back(vma.range());
  for (const VirtRange& range : ranges) static_cast<void>(mm_populate(mm, range));
  return {};
}

Result<void> do_munlockall(mm_struct& mm) {
  mm.def_flags &= ~VM_LOCKED_MASK;
  return apply_mlockall_flags(mm, 0);
}

}  // namespace lpaemu::kernel
