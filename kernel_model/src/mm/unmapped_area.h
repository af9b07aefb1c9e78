// Finding room. [linux arch/arm/mm/mmap.c:arch_get_unmapped_area_topdown]
#pragma once

#include "lpaemu/kernel_model/errno.h"
#include "lpaemu/kernel_model/mm/mm_struct.h"

namespace lpaemu::kernel {

enum class Placement : std::uint8_t { hint, fixed };

/// Where a mapping of `length` bytes goes: at `addr` if it is fixed, or free; else as high as possible below mmap_base.
/// Fixed addresses are not checked for being free. ENOMEM, EINVAL (unaligned), EPERM (below mmap_min_addr).
/// Requires: length is page-aligned and not 0.
[[nodiscard]] Result<VirtAddr> get_unmapped_area(mm_struct& mm, VirtAddr addr, std::uint32_t length, Placement how);

/// Where a VMA begins, with the gap that a stack needs below it. [linux include/linux/mm.h:vm_start_gap]
[[nodiscard]] VirtAddr vm_start_gap(const vm_area& vma);

}  // namespace lpaemu::kernel
