// Making pages present without an abort. [linux mm/gup.c]
#pragma once

#include "lpaemu/kernel_model/errno.h"
#include "lpaemu/kernel_model/mm/mm_struct.h"

namespace lpaemu::kernel {

/// Makes the page of `va` present for an access that `vma` allows: ENOMEM, EFAULT (beyond the end of a file).
[[nodiscard]] Result<void> faultin_page_in(mm_struct& mm, vm_area& vma, VirtAddr va, mmu::Access access);

/// Makes a range present as mlock and MAP_POPULATE do: private writable pages as if written, others as if read.
/// Stops at the first page that cannot be: ENOMEM (hole, no RAM), EFAULT. [linux mm/gup.c:__mm_populate]
Result<void> mm_populate(mm_struct& mm, VirtRange range);

}  // namespace lpaemu::kernel
