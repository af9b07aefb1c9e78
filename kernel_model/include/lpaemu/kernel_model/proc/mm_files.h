// The text of the files in /proc/PID that describe an address space. [linux fs/proc/task_mmu.c, array.c]
#pragma once

#include <string>

#include "lpaemu/kernel_model/mm/mm_struct.h"

namespace lpaemu::kernel {

/// What maps calls the object behind a VMA: a path, "[heap]", "[stack]", ...; empty for anonymous memory.
[[nodiscard]] std::string vma_name(mm_struct& mm, const vm_area& vma);

/// "rw-p", as maps has it. [linux fs/proc/task_mmu.c:show_vma_header_prefix]
[[nodiscard]] std::string vma_rights(vm_flags_t flags);

[[nodiscard]] std::string show_maps(mm_struct& mm);
[[nodiscard]] std::string show_smaps(mm_struct& mm);
/// The Vm* and Rss* lines of status.
[[nodiscard]] std::string show_status_mm(mm_struct& mm);

}  // namespace lpaemu::kernel
