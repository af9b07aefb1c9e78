// The stack: growth by faults. [linux mm/mmap.c:expand_downwards]
#pragma once

#include "lpaemu/kernel_model/mm/mm_struct.h"

namespace lpaemu::kernel {

/// Whether expand_stack would succeed. Changes nothing. [linux-lpae-pte P-51a]
[[nodiscard]] bool can_expand_stack(mm_struct& mm, const vm_area& vma, VirtAddr va);

}  // namespace lpaemu::kernel
