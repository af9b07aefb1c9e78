// One mapping of an address space: Linux's vm_area_struct. [linux include/linux/mm_types.h, mm.h]
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "lpaemu/kernel_model/cpu.h"
#include "lpaemu/mmu/linux_pte.h"

namespace lpaemu::kernel {

class page_cache;
class File;

using vm_flags_t = std::uint32_t;

// The values are Linux's: reports show the word.
inline constexpr vm_flags_t VM_READ = 0x00000001;
inline constexpr vm_flags_t VM_WRITE = 0x00000002;
inline constexpr vm_flags_t VM_EXEC = 0x00000004;
inline constexpr vm_flags_t VM_SHARED = 0x00000008;
inline constexpr vm_flags_t VM_MAYREAD = 0x00000010;
inline constexpr vm_flags_t VM_MAYWRITE = 0x00000020;
inline constexpr vm_flags_t VM_MAYEXEC = 0x00000040;
inline constexpr vm_flags_t VM_MAYSHARE = 0x00000080;
inline constexpr vm_flags_t VM_GROWSDOWN = 0x00000100;
inline constexpr vm_flags_t VM_PFNMAP = 0x00000400;
inline constexpr vm_flags_t VM_LOCKED = 0x00002000;
inline constexpr vm_flags_t VM_IO = 0x00004000;
inline constexpr vm_flags_t VM_SEQ_READ = 0x00008000;
inline constexpr vm_flags_t VM_RAND_READ = 0x00010000;
inline constexpr vm_flags_t VM_DONTCOPY = 0x00020000;
inline constexpr vm_flags_t VM_DONTEXPAND = 0x00040000;
inline constexpr vm_flags_t VM_LOCKONFAULT = 0x00080000;
inline constexpr vm_flags_t VM_ACCOUNT = 0x00100000;
inline constexpr vm_flags_t VM_NORESERVE = 0x00200000;
inline constexpr vm_flags_t VM_WIPEONFORK = 0x02000000;
inline constexpr vm_flags_t VM_DONTDUMP = 0x04000000;
inline constexpr vm_flags_t VM_SOFTDIRTY = 0x08000000;
inline constexpr vm_flags_t VM_HUGEPAGE = 0x20000000;
inline constexpr vm_flags_t VM_NOHUGEPAGE = 0x40000000;
/// PROT_* and VM_* name the three rights with the same bits.
inline constexpr vm_flags_t VM_ACCESS_FLAGS = VM_READ | VM_WRITE | VM_EXEC;
/// Whether `flags` holds a right that its VM_MAY* bits do not allow. [linux mm/mprotect.c:do_mprotect_pkey]
[[nodiscard]] constexpr bool exceeds_may_rights(vm_flags_t flags) {
  constexpr vm_flags_t places = VM_MAYREAD / VM_READ;  // VM_MAY* stand so many times higher than VM_*
  static_assert(VM_MAYWRITE == VM_WRITE * places && VM_MAYEXEC == VM_EXEC * places);
  return (flags & ~(flags / places) & VM_ACCESS_FLAGS) != 0;
}
inline constexpr vm_flags_t VM_LOCKED_MASK = VM_LOCKED | VM_LOCKONFAULT;
/// What a mapping of data has: the stack, the heap. [linux arch/arm/include/asm/page.h:VM_DATA_DEFAULT_FLAGS]
inline constexpr vm_flags_t VM_DATA_DEFAULT_FLAGS = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;

/// `--soft-dirty`: what the documentation promises, or what a 6.12 kernel does. [linux-soft-dirty S-51]
enum class SoftDirtyMode : std::uint8_t { documented, kernel };

/// A half-open range of addresses.
struct VirtRange {
  VirtAddr start;
  VirtAddr end;
  [[nodiscard]] constexpr bool empty() const { return end <= start; }
  [[nodiscard]] constexpr bool contains(VirtAddr va) const { return va >= start && va < end; }
  [[nodiscard]] constexpr bool overlaps(const VirtRange& other) const { return !intersection(other).empty(); }
  [[nodiscard]] constexpr std::uint32_t bytes() const { return empty() ? 0 : end - start; }
  [[nodiscard]] constexpr std::uint32_t pages() const { return bytes() / mmu::PAGE_SIZE; }
  [[nodiscard]] constexpr VirtRange intersection(const VirtRange& other) const {
    return {start > other.start ? start : other.start, end < other.end ? end : other.end};
  }
  /// The smallest range that holds both; an empty one counts for nothing.
  [[nodiscard]] constexpr VirtRange hull(const VirtRange& other) const {
    if (empty()) return other;
    if (other.empty()) return *this;
    return {start < other.start ? start : other.start, end > other.end ? end : other.end};
  }
  friend constexpr bool operator==(const VirtRange&, const VirtRange&) = default;
};

struct vm_area {
  VirtAddr vm_start;
  VirtAddr vm_end;  // first address behind it
  vm_flags_t vm_flags = 0;
  mmu::Pgprot vm_page_prot;
  std::shared_ptr<page_cache> mapping;  // null: private anonymous
  std::shared_ptr<File> vm_file;        // the open file behind it, for maps; null: anonymous, also when shared
  std::uint64_t vm_pgoff = 0;           // in pages; of anonymous memory: where it was when it was first touched
  std::uint32_t anon_vma = 0;           // which anon_vma its pages hang on; 0: no anonymous page yet
  std::string name;                     // "[sigpage]", "[vdso]"; else empty: maps works out [heap] and [stack]
  VirtRange soft_dirty_added;           // documented mode: pages added by growth since the last clear

  [[nodiscard]] bool is(vm_flags_t flags) const { return (vm_flags & flags) == flags; }
  [[nodiscard]] bool is_any(vm_flags_t flags) const { return (vm_flags & flags) != 0; }
  [[nodiscard]] bool contains(VirtAddr va) const { return va >= vm_start && va < vm_end; }
  [[nodiscard]] VirtRange range() const { return {vm_start, vm_end}; }
  [[nodiscard]] std::uint32_t bytes() const { return vm_end - vm_start; }
  [[nodiscard]] std::uint32_t pages() const { return bytes() / mmu::PAGE_SIZE; }
  [[nodiscard]] bool anonymous() const { return mapping == nullptr; }
  /// Page of the file behind `va`. Requires: contains(va), or va == vm_end. [linux include/linux/pagemap.h]
  [[nodiscard]] std::uint64_t linear_page_index(VirtAddr va) const {
    return vm_pgoff + (va - vm_start) / mmu::PAGE_SIZE;
  }
  /// Some access is allowed: not PROT_NONE. [linux include/linux/mm.h:vma_is_accessible]
  [[nodiscard]] bool accessible() const { return is_any(VM_ACCESS_FLAGS); }
  /// Tracking is on: VM_SOFTDIRTY is clear. [linux mm/internal.h:vma_soft_dirty_enabled]
  [[nodiscard]] bool soft_dirty_enabled() const { return !is(VM_SOFTDIRTY); }
};

}  // namespace lpaemu::kernel
