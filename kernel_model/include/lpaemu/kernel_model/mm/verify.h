// Audits an address space: VMAs against page tables against page counts. Runs after every fault in tests.
#pragma once

#include <string>

#include "lpaemu/kernel_model/mm/mm_struct.h"

namespace lpaemu::kernel {

/// The first inconsistency found, in words with the PTE and the VMA; empty when all is well.
[[nodiscard]] std::string verify(mm_struct& mm);

}  // namespace lpaemu::kernel
