#include "lpaemu/kernel_model/mm/mmap.h"

#include "gup.h"
#include "lpaemu/kernel_model/fs/file.h"
#include "lpaemu/kernel_model/mm/page_cache.h"
#include "munmap.h"
#include "unmapped_area.h"
#include "vma.h"

namespace lpaemu::kernel {
namespace {

/// The flags that MAP_SHARED ignores rather than refuses. [linux include/linux/mman.h:LEGACY_MAP_MASK]
constexpr std::uint32_t legacy_map_mask = MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_DENYWRITE |
                                          MAP_EXECUTABLE | MAP_UNINITIALIZED | MAP_GROWSDOWN | MAP_LOCKED |
                                          MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB;

/// An unsigned long of the guest. [linux mm/mmap.c:do_mmap]
constexpr std::uint64_t max_pgoff = 0xffffffff;

vm_flags_t calc_vm_prot_bits(std::uint32_t prot) { return prot & VM_ACCESS_FLAGS; }

vm_flags_t calc_vm_flag_bits(std::uint32_t flags) {  // [linux include/linux/mman.h:calc_vm_flag_bits]
  vm_flags_t vm_flags = 0;
  if ((flags & MAP_GROWSDOWN) != 0) vm_flags |= VM_GROWSDOWN;
  if ((flags & MAP_LOCKED) != 0) vm_flags |= VM_LOCKED;
  return vm_flags;
}

/// Sharing flags of a file mapping, and whether the file allows it. [linux mm/mmap.c:do_mmap]
Result<vm_flags_t> file_flags(const MmapRequest& request, vm_flags_t vm_flags) {
  switch (request.flags & MAP_TYPE) {
    case MAP_SHARED_VALIDATE:
      if ((request.flags & ~legacy_map_mask) != 0) return unexpected(Errno::enotsup);  // EOPNOTSUPP
      [[fallthrough]];
    case MAP_SHARED:
      if ((request.prot & PROT_WRITE) != 0 && !request.file_writable) return unexpected(Errno::eacces);
      vm_flags |= VM_SHARED | VM_MAYSHARE;
      if (!request.file_writable) vm_flags &= ~(VM_MAYWRITE | VM_SHARED);
      break;
    case MAP_PRIVATE: break;
    default: return unexpected(Errno::einval);
  }
  if (request.file != nullptr && !request.file->readable()) return unexpected(Errno::eacces);
  if ((vm_flags & VM_GROWSDOWN) != 0) return unexpected(Errno::einval);
  return vm_flags;
}

Result<vm_flags_t> anonymous_flags(const MmapRequest& request, vm_flags_t vm_flags) {
  switch (request.flags & MAP_TYPE) {
    case MAP_SHARED:
      if ((vm_flags & VM_GROWSDOWN) != 0) return unexpected(Errno::einval);
      return vm_flags | VM_SHARED | VM_MAYSHARE;
    case MAP_PRIVATE: return vm_flags;
    default: return unexpected(Errno::einval);
  }
}

/// Puts the new VMA in, over whatever was there. [linux mm/mmap.c:mmap_region]
Result<VirtAddr> mmap_region(mm_struct& mm, vm_area vma) {
  const std::uint32_t pages = vma.pages();
  const VirtRange range = vma.range();
  if (accountable_mapping(vma.vm_flags)) {
    if (!vm_enough_memory(mm, pages)) return unexpected(Errno::enomem);
    vma.vm_flags |= VM_ACCOUNT;
  }
  const bool shmem_zero_setup = vma.is(VM_SHARED) && vma.mapping == nullptr;
  if (shmem_zero_setup && !vma.is(VM_NORESERVE) && !vm_enough_memory(mm, pages)) return unexpected(Errno::enomem);
  LPAEMU_TRY_VOID(munmap_range(mm, range));
  if (shmem_zero_setup) {
    vma.mapping = std::make_shared<page_cache>(mm.context().pages, std::uint64_t{range.bytes()});
  }
  const vm_flags_t flags = vma.vm_flags;
  vm_area* mapped = vma_merge_new_range(mm, vma);
  if (mapped == nullptr) mapped = &mm.insert_vma(std::move(vma));
  vm_stat_account(mm, flags, pages, Account::add);
  if ((flags & VM_LOCKED) != 0) mm.locked_vm += pages;
  // New or expanded: the whole VMA is soft-dirty, old pages of a merge too. [S-50]
  mapped->vm_flags |= VM_SOFTDIRTY;
  vma_set_page_prot(*mapped);
  mm.update_hiwater();
  return range.start;
}

}  // namespace

Result<VirtAddr> do_mmap(mm_struct& mm, const MmapRequest& request) {
  if (request.length == 0) return unexpected(Errno::einval);
  const bool fixed = (request.flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) != 0;
  VirtAddr addr = request.addr;
  if (!fixed && addr.raw() != 0) addr = std::max(addr.page(), mmap_min_addr);  // round_hint_to_min
  const std::uint32_t length = page_align(request.length);
  if (length == 0) return unexpected(Errno::enomem);
  if (request.pgoff + length / mmu::PAGE_SIZE > max_pgoff) return unexpected(Errno::eoverflow);
  if (mm.vmas().size() > sysctl_max_map_count) return unexpected(Errno::enomem);

  vm_flags_t vm_flags = calc_vm_prot_bits(request.prot) | calc_vm_flag_bits(request.flags) | mm.def_flags | VM_MAYREAD |
                        VM_MAYWRITE | VM_MAYEXEC;
  LPAEMU_TRY(start, get_unmapped_area(mm, addr, length, fixed ? Placement::fixed : Placement::hint));
  if ((request.flags & MAP_FIXED_NOREPLACE) != 0 && mm.find_vma_intersection({start, start + length}) != nullptr)
    return unexpected(Errno::eexist);

  const bool anonymous = request.mapping == nullptr && request.file == nullptr;
  LPAEMU_TRY(flags, anonymous ? anonymous_flags(request, vm_flags) : file_flags(request, vm_flags));
  vm_area vma;
  vma.vm_start = start;
  vma.vm_end = start + length;
  vma.vm_flags = flags;
  if ((request.flags & MAP_NORESERVE) != 0) vma.vm_flags |= VM_NORESERVE;
  vma.mapping = request.mapping;
  if (!anonymous && vma.mapping == nullptr) {
    LPAEMU_TRY(pages, request.file->mmap());
    vma.mapping = std::move(pages);
  }
  vma.vm_file = request.file;
  vma.name = request.name;
  vma.vm_pgoff = request.pgoff;
  if (anonymous) vma.vm_pgoff = vma.is(VM_SHARED) ? 0 : start.page_number();
  LPAEMU_TRY(mapped, mmap_region(mm, std::move(vma)));

  // What cannot be populated is left to faults: mmap has succeeded. [linux mm/util.c:vm_mmap_pgoff]
  if ((flags & VM_LOCKED) != 0 || (request.flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE)
    static_cast<void>(mm_populate(mm, {mapped, mapped + length}));
  return mapped;
}

}  // namespace lpaemu::kernel
