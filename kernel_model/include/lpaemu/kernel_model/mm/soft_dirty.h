// Soft-dirty: clear_refs, and the pagemap that reads it back. [linux fs/proc/task_mmu.c] [linux-soft-dirty 2, 3]
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "lpaemu/kernel_model/errno.h"
#include "lpaemu/kernel_model/mm/mm_struct.h"

namespace lpaemu::kernel {

/// One 64-bit entry of /proc/PID/pagemap. Its bit 55 is soft-dirty; bit 55 of a PTE is L_PTE_DIRTY.
/// [linux-soft-dirty S-21]
struct PagemapEntry : mmu::Word<std::uint64_t, PagemapEntry> {
  using Word::Word;
};

namespace pagemap {
#define F(hi, lo, NAME, type, meaning, citation) inline constexpr mmu::BitField<hi, lo, type> NAME{};
#include "lpaemu/kernel_model/mm/pagemap_fields.inc"
#undef F
#define F(hi, lo, NAME, type, meaning, citation) mmu::FieldInfo{hi, lo, #NAME, meaning, citation},
inline constexpr std::array fields{
#include "lpaemu/kernel_model/mm/pagemap_fields.inc"
};
#undef F
static_assert(mmu::tiles(fields, 64));
}  // namespace pagemap

enum class ShowPfn : std::uint8_t { no, yes };

/// The entry of the page of `va`. PFNs only for an opener with CAP_SYS_ADMIN.
[[nodiscard]] PagemapEntry pagemap_entry(mm_struct& mm, VirtAddr va, ShowPfn show_pfn);
/// Fills `out` for consecutive pages from `first`, fast (a table at a time).
void pagemap_range(mm_struct& mm, VirtAddr first, std::span<std::uint64_t> out, ShowPfn show_pfn);

/// write(2) on clear_refs: how many bytes were taken, EINVAL, ERANGE. [S-11, S-12]
[[nodiscard]] Result<std::size_t> clear_refs_write(mm_struct& mm, std::string_view text);

}  // namespace lpaemu::kernel
