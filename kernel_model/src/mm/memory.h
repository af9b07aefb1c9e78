// What a fault does to one page: the do_*_page family. [linux mm/memory.c]
#pragma once

#include <optional>

#include "lpaemu/kernel_model/mm/mm_struct.h"

namespace lpaemu::kernel {

/// One fault on its way through the handler. [linux include/linux/mm.h:vm_fault]
struct vm_fault {
  mm_struct& mm;
  vm_area& vma;
  VirtAddr address;  // of the page
  mmu::Access access;
  std::optional<PhysAddr> ptep;  // nothing: its table is still to be made
  mmu::Pte orig_pte;             // as stored there
  bool major = false;            // a page had to be read from a file
};

/// What the page of `va` needs for an access that its VMA allows, given its stored entry. Changes nothing.
/// [linux mm/memory.c:handle_pte_fault] [linux-lpae-pte 11.3]
[[nodiscard]] Verdict pte_fault_verdict(mm_struct& mm, const vm_area& vma, VirtAddr va, mmu::Access access,
                                        mmu::Pte pte);

/// Carries a verdict of pte_fault_verdict out, and counts the fault. Answers it, or oom, or bus_adrerr when a file's
/// page cannot be read, or spurious when a stopper has changed the entry meanwhile.
[[nodiscard]] Verdict handle_mm_fault(vm_fault& vmf, Verdict verdict);

}  // namespace lpaemu::kernel
