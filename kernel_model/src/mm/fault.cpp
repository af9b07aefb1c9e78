#include "lpaemu/kernel_model/mm/fault.h"

#include "lpaemu/kernel_model/mm/mmap.h"
#include "memory.h"
#include "stack.h"

namespace lpaemu::kernel {
namespace {

using mmu::Access;
using mmu::Fault;

FaultDecision fatal(Verdict verdict) { return {.verdict = verdict}; }

/// Row's signal and code, whatever the address. [linux arch/arm/mm/fault.c:do_bad] [linux-lpae-pte P-45, P-46]
FaultDecision do_bad(const FsrInfo& row) {
  const bool sigsegv = row.signal == fsr_info(mmu::fault_status(mmu::FaultKind::permission, mmu::first_level)).signal;
  return fatal(sigsegv ? Verdict::segv_accerr : Verdict::bus_other);
}

/// The right that the access needs; reads are content with any, since the hardware has no finer distinction.
/// [linux-lpae-pte 11.2, step 6]
vm_flags_t required_rights(Access access) {
  switch (access) {
    case Access::write: return VM_WRITE;
    case Access::execute: return VM_EXEC;
    case Access::read: break;
  }
  return VM_ACCESS_FLAGS;
}

/// [linux arch/arm/mm/fault.c:do_page_fault] [linux-lpae-pte 11.2]
FaultDecision do_page_fault(mm_struct& mm, const Fault& fault) {
  if (fault.va >= TASK_SIZE) return fatal(Verdict::segv_maperr);  // no VMA look-up: MAPERR, never ACCERR
  vm_area* vma = mm.find_vma(fault.va);
  if (vma == nullptr) return fatal(Verdict::segv_maperr);
  const bool below = fault.va < vma->vm_start;
  if (below && !can_expand_stack(mm, *vma, fault.va)) return fatal(Verdict::segv_maperr);
  FaultDecision decision{.verdict = Verdict::segv_accerr, .vma = below ? nullptr : vma, .expands_stack = below};
  if (!vma->is_any(required_rights(fault.access))) return decision;
  decision.ptep = mm.pte_offset(fault.va);
  if (decision.ptep) decision.pte = mm.ptep_get(*decision.ptep);
  decision.verdict = pte_fault_verdict(mm, *vma, fault.va, fault.access, decision.pte);
  return decision;
}

/// Levels 1 and 2: a missing table. [linux arch/arm/mm/fault.c:do_translation_fault] [linux-lpae-pte P-49]
FaultDecision do_translation_fault(mm_struct& mm, const Fault& fault) {
  if (fault.va < TASK_SIZE) return do_page_fault(mm, fault);
  // Pretend: the kernel copies a missing entry of its own half here. The kernel model has no page tables of its own,
  // so only user code and system calls get this far.
  return fatal(Verdict::segv_maperr);
}

Event event_of(EventKind kind, const Fault& fault) {
  return {.kind = kind, .address = fault.va, .access = fault.access, .level = fault.level};
}

Verdict execute(mm_struct& mm, const Fault& fault, const FaultDecision& decision) {
  if (is_fatal(decision.verdict)) return decision.verdict;
  vm_fault vmf{mm, *decision.vma, fault.va.page(), fault.access, decision.ptep, decision.pte};
  return handle_mm_fault(vmf, decision.verdict);
}

/// The stack grows before anything else looks at its VMA. [linux mm/memory.c:lock_mm_and_find_vma]
FaultDecision after_growth(mm_struct& mm, const Fault& fault, const FaultDecision& decision) {
  if (!decision.expands_stack) return decision;
  vm_area* vma = mm.find_vma(fault.va);
  if (vma == nullptr || !expand_stack(mm, *vma, fault.va)) return fatal(Verdict::segv_maperr);
  return classify(mm, fault);
}

Verdict do_abort_traced(mm_struct& mm, const Fault& fault, FaultDecision decision) {
  Events& events = mm.context().events;
  // A stopper may have changed the address space at each phase: then everything is decided again.
  const auto announce = [&](Event event) {
    events.emit(event);
    if (events.stepping()) decision = after_growth(mm, fault, classify(mm, fault));
  };

  Event raised = event_of(EventKind::FaultRaised, fault);
  raised.value_after = mmu::fsr_word(fault);
  announce(raised);

  decision = after_growth(mm, fault, decision);
  Event found = event_of(EventKind::VmaFound, fault);
  found.vma = decision.vma;
  announce(found);

  Event decided = event_of(EventKind::Decided, fault);
  decided.verdict = decision.verdict;
  decided.vma = decision.vma;
  decided.value_before = decision.pte.raw();
  announce(decided);

  const Verdict verdict = execute(mm, fault, decision);
  Event returned = event_of(EventKind::Returned, fault);
  returned.verdict = verdict;
  returned.value_before = decision.pte.raw();
  returned.value_after = mm.pte_at(fault.va).raw();
  events.emit(returned);
  return verdict;
}

}  // namespace

FaultDecision classify(mm_struct& mm, const Fault& fault) {
  const FsrInfo& row = fsr_info(mmu::fault_status(fault.kind, fault.level));
  switch (row.handler) {
    case FsrInfo::Handler::do_page_fault: return do_page_fault(mm, fault);
    case FsrInfo::Handler::do_translation_fault: return do_translation_fault(mm, fault);
    case FsrInfo::Handler::do_alignment: return fatal(Verdict::bus_adraln);
    case FsrInfo::Handler::hw_breakpoint: return fatal(Verdict::trap_debug);
    case FsrInfo::Handler::do_bad: break;
  }
  return do_bad(row);
}

Verdict do_abort(mm_struct& mm, const Fault& fault, const FaultDecision& decision) {
  if (mm.context().events.active()) [[unlikely]]
    return do_abort_traced(mm, fault, decision);
  if (decision.expands_stack) return execute(mm, fault, after_growth(mm, fault, decision));
  return execute(mm, fault, decision);
}

Verdict do_abort_stepped(mm_struct& mm, const Fault& fault, const FaultDecision& decision) {
  Events& events = mm.context().events;
  Stopper* const stopper = events.stopper();
  if (stopper == nullptr || !stopper->wants(fault, decision.verdict)) [[likely]]
    return do_abort(mm, fault, decision);
  const bool nested = events.stepping();  // the debugger itself touches memory at a phase
  events.set_stepping(true);
  const Verdict verdict = do_abort(mm, fault, decision);
  events.set_stepping(nested);
  return verdict;
}

}  // namespace lpaemu::kernel
