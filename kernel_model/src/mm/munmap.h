// Taking mappings away. [linux mm/vma.c]
#pragma once

#include "lpaemu/kernel_model/errno.h"
#include "lpaemu/kernel_model/mm/mm_struct.h"

namespace lpaemu::kernel {

/// do_munmap for a checked, aligned, non-empty range. ENOMEM: the split would make too many VMAs; nothing is changed.
[[nodiscard]] Result<void> munmap_range(mm_struct& mm, VirtRange range);

/// PAGE_ALIGN; 0 for lengths that wrap around. [linux include/linux/mm.h]
[[nodiscard]] constexpr std::uint32_t page_align(std::uint32_t bytes) {
  return (bytes + (mmu::PAGE_SIZE - 1)) / mmu::PAGE_SIZE * mmu::PAGE_SIZE;
}

}  // namespace lpaemu::kernel
