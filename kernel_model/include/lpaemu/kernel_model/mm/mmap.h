// Changing an address space: mmap, munmap, mprotect, mremap, brk, madvise, mlock. [linux mm/mmap.c, mprotect.c, ...]
#pragma once

#include "lpaemu/kernel_model/errno.h"
#include "lpaemu/kernel_model/mm/mm_struct.h"

namespace lpaemu::kernel {

// Values of the ARM ABI. [linux include/uapi/asm-generic/mman-common.h, mman.h]
inline constexpr std::uint32_t PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4;
inline constexpr std::uint32_t PROT_GROWSDOWN = 0x01000000, PROT_GROWSUP = 0x02000000;
inline constexpr std::uint32_t MAP_SHARED = 0x01, MAP_PRIVATE = 0x02, MAP_SHARED_VALIDATE = 0x03, MAP_TYPE = 0x0f;
inline constexpr std::uint32_t MAP_FIXED = 0x10, MAP_ANONYMOUS = 0x20, MAP_GROWSDOWN = 0x0100, MAP_LOCKED = 0x2000;
inline constexpr std::uint32_t MAP_DENYWRITE = 0x0800, MAP_EXECUTABLE = 0x1000, MAP_NONBLOCK = 0x10000;
inline constexpr std::uint32_t MAP_HUGETLB = 0x40000, MAP_SYNC = 0x80000, MAP_UNINITIALIZED = 0x4000000;
inline constexpr std::uint32_t MAP_NORESERVE = 0x4000, MAP_POPULATE = 0x8000, MAP_STACK = 0x20000;
inline constexpr std::uint32_t MAP_FIXED_NOREPLACE = 0x100000;
inline constexpr std::uint32_t MREMAP_MAYMOVE = 1, MREMAP_FIXED = 2, MREMAP_DONTUNMAP = 4;

struct MmapRequest {
  VirtAddr addr{};
  std::uint32_t length = 0;
  std::uint32_t prot = 0;
  std::uint32_t flags = 0;
  std::shared_ptr<page_cache> mapping{};  // null: the file's; without one anonymous (shared anonymous gets a fresh one)
  std::shared_ptr<File> file{};           // its open file; decides MAYWRITE by `file_writable`
  bool file_writable = false;
  std::uint64_t pgoff = 0;  // in pages
  std::string name{};
};

/// sysctl_max_map_count: VMAs an address space may have.
inline constexpr std::size_t sysctl_max_map_count = 65530;

/// The new mapping's address. EINVAL, ENOMEM, EEXIST, EPERM (below mmap_min_addr), EACCES, EOVERFLOW.
[[nodiscard]] Result<VirtAddr> do_mmap(mm_struct& mm, const MmapRequest& request);
[[nodiscard]] Result<void> do_munmap(mm_struct& mm, VirtAddr start, std::uint32_t length);
[[nodiscard]] Result<void> do_mprotect(mm_struct& mm, VirtAddr start, std::uint32_t length, std::uint32_t prot);
[[nodiscard]] Result<VirtAddr> do_mremap(mm_struct& mm, VirtAddr addr, std::uint32_t old_len, std::uint32_t new_len,
                                         std::uint32_t flags, VirtAddr new_addr);
/// The new break, or the old one if it cannot be: brk(2) never fails.
[[nodiscard]] VirtAddr do_brk(mm_struct& mm, VirtAddr brk);
[[nodiscard]] Result<void> do_madvise(mm_struct& mm, VirtAddr start, std::uint32_t length, std::int32_t advice);
/// `lock` is VM_LOCKED, with VM_LOCKONFAULT for MLOCK_ONFAULT.
[[nodiscard]] Result<void> do_mlock(mm_struct& mm, VirtAddr start, std::uint32_t length, vm_flags_t lock = VM_LOCKED);
[[nodiscard]] Result<void> do_munlock(mm_struct& mm, VirtAddr start, std::uint32_t length);
[[nodiscard]] Result<void> do_mlockall(mm_struct& mm, std::uint32_t flags);
[[nodiscard]] Result<void> do_munlockall(mm_struct& mm);
/// One byte a page: resident or not.
[[nodiscard]] Result<void> do_mincore(mm_struct& mm, VirtAddr start, std::uint32_t length, VirtAddr vec);
/// Lowers a VM_GROWSDOWN VMA to the page of `va`. [linux-lpae-pte P-51a]
[[nodiscard]] bool expand_stack(mm_struct& mm, vm_area& vma, VirtAddr va);
/// The stack of a new program, growing down: VMA of `bytes` ending at `top`. [linux mm/vma_exec.c]
[[nodiscard]] Result<VirtAddr> insert_stack(mm_struct& mm, VirtAddr top, std::uint32_t bytes, bool executable);
/// A special mapping such as [sigpage]: maps given pages. [linux mm/vma.c:__install_special_mapping]
[[nodiscard]] Result<void> install_special_mapping(mm_struct& mm, VirtAddr start, std::shared_ptr<page_cache> pages,
                                                   vm_flags_t flags, std::string name);
/// The kuser page, global and read-only, at vectors_base in this address space's own tables: outside of all VMAs.
/// The tables take no reference: `page` must outlive the mapping. ENOMEM. [linux-lpae-pte P-58, P-59]
[[nodiscard]] Result<void> install_vectors(mm_struct& mm, Pfn page);
/// Drops all mappings and tables of a process that ends.
void exit_mmap(mm_struct& mm);

}  // namespace lpaemu::kernel
