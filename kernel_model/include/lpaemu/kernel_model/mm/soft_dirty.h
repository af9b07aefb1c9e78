// Soft-dirty: clear_refs, and the pagemap that reads it back. [linux fs/proc/task_mmu.c] [linux-soft-dirty 2, 3]
#pragma once

#include <span>
#include <string_view>

#include "lpaemu/kernel_model/errno.h"
#include "lpaemu/kernel_model/mm/mm_struct.h"

namespace lpaemu::kernel {

/// One 64-bit entry of /proc/PID/pagemap. Its bit 55 is soft-dirty; bit 55 of a PTE is L_PTE_DIRTY. [S-21]
struct PagemapEntry : mmu::Word<std::uint64_t, PagemapEntry> {
  using Word::Word;
};

namespace pagemap {
inline constexpr mmu::BitField<54, 0, std::uint64_t> PFN{};
inline constexpr mmu::BitField<55, 55, bool> SOFT_DIRTY{};
inline constexpr mmu::BitField<56, 56, bool> MMAP_EXCLUSIVE{};
inline constexpr mmu::BitField<61, 61, bool> FILE{};
inline constexpr mmu::BitField<62, 62, bool> SWAP{};
inline constexpr mmu::BitField<63, 63, bool> PRESENT{};
}  // namespace pagemap

enum class ShowPfn : std::uint8_t { no, yes };

/// The entry of the page of `va`. PFNs only for an opener with CAP_SYS_ADMIN.
[[nodiscard]] PagemapEntry pagemap_entry(mm_struct& mm, VirtAddr va, ShowPfn show_pfn);
/// Fills `out` for consecutive pages from `first`, fast (a table at a time).
void pagemap_range(mm_struct& mm, VirtAddr first, std::span<std::uint64_t> out, ShowPfn show_pfn);

/// write(2) on clear_refs: how many bytes were taken, EINVAL, ERANGE. [S-11, S-12]
[[nodiscard]] Result<std::size_t> clear_refs_write(mm_struct& mm, std::string_view text);

}  // namespace lpaemu::kernel
