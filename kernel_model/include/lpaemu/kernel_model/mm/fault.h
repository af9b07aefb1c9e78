// From an abort to a verdict to the PTE: fsr_info -> do_page_fault -> handle_mm_fault.
// [linux arch/arm/mm/fault.c, arch/arm/mm/fsr-3level.c, mm/memory.c]
#pragma once

#include <optional>
#include <string_view>

#include "lpaemu/kernel_model/mm/mm_struct.h"
#include "lpaemu/mmu/fault.h"

namespace lpaemu::kernel {

/// One row of the fault status table. [linux arch/arm/mm/fsr-3level.c] [linux-lpae-pte 10]
struct FsrInfo {
  enum class Handler : std::uint8_t { do_bad, do_translation_fault, do_page_fault, do_alignment, hw_breakpoint };
  Handler handler;
  int signal;
  int code;
  std::string_view name;
};
[[nodiscard]] const FsrInfo& fsr_info(unsigned status);

/// What the handler will do with a fault, decided without changing anything.
struct FaultDecision {
  Verdict verdict = Verdict::none;
  vm_area* vma = nullptr;  // null: none, or the stack must grow first
  bool expands_stack = false;
  mmu::Pte pte{};                  // as stored now
  std::optional<PhysAddr> ptep{};  // where; nothing while there is no table
};
[[nodiscard]] FaultDecision classify(mm_struct& mm, const mmu::Fault& fault);

/// Handles a data or prefetch abort: emits FaultRaised ... Returned and carries the decision out. The answer is the
/// decision's verdict, or `oom` or a SIGBUS verdict when carrying it out failed. Delivers no signal.
Verdict do_abort(mm_struct& mm, const mmu::Fault& fault, const FaultDecision& decision);

/// The same from the outer loop, for a fault that a stopper may want to step.
Verdict do_abort_stepped(mm_struct& mm, const mmu::Fault& fault, const FaultDecision& decision);

/// Makes the page of `va` present for `access`, without an abort, for a debugger: a stack grows for it.
/// EFAULT: no mapping or no right; ENOMEM. [linux mm/memory.c:__access_remote_vm]
[[nodiscard]] Result<void> faultin_page(mm_struct& mm, VirtAddr va, mmu::Access access);

}  // namespace lpaemu::kernel
