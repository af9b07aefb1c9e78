// Catchpoints: what the kernel model asks its stopper, and what it tells its observer.
#include <algorithm>

#include "lpaemu/emu/debugger/debugger.h"
#include "lpaemu/kernel_model/proc/mm_files.h"

namespace lpaemu::emu {

using kernel::Event;
using kernel::EventKind;
using kernel::Verdict;

namespace {

/// A store to a page whose soft-dirty bit is 0, which it is going to set.
bool sets_soft_dirty(kernel::mm_struct& mm, const mmu::Fault& fault, Verdict verdict) {
  return fault.access == mmu::Access::write && !is_fatal(verdict) && !mmu::pte_soft_dirty(mm.pte_at(fault.va));
}

bool turns_soft_dirty(const Event& event) {
  return mmu::pte_soft_dirty(mmu::Pte{event.value_after}) && !mmu::pte_soft_dirty(mmu::Pte{event.value_before});
}

/// What maps calls the mapping that `va` belongs to, or that the stack would have there when it has grown.
std::string mapping_name(kernel::mm_struct& mm, VirtAddr va) {
  const kernel::vm_area* vma = mm.find_vma(va);
  if (vma == nullptr || (!vma->contains(va) && !vma->is(kernel::VM_GROWSDOWN))) return {};
  return kernel::vma_name(mm, *vma);
}

bool same_page(const Point& point, VirtAddr va) { return point.range.start.page() == va.page(); }

}  // namespace

bool Debugger::matches_fault(const Point& point, const CurrentFault& current) {
  const auto& [fault, verdict, pte_before, fsr] = current;
  switch (point.kind) {
    case PointKind::fault:
      return (point.region.empty() ? point.covers(fault.va) : mapping_name(mm(), fault.va) == point.region) &&
             point.faults.matches(fault, verdict) && holds(point, &current);
    case PointKind::soft_dirty:
      return same_page(point, fault.va) && sets_soft_dirty(mm(), fault, verdict) && holds(point);
    default: return false;
  }
}

bool Debugger::wants(const mmu::Fault& fault, Verdict verdict) {
  if (asking_ || leaving()) return false;
  const CurrentFault current{
      .fault = fault, .verdict = verdict, .pte_before = mm().pte_at(fault.va), .fsr = mmu::fsr_word(fault)};
  const bool wanted = injected_ || points_.any([&](const Point& point) {
    if (point.kind == PointKind::pte) return same_page(point, fault.va) && verdict != Verdict::spurious;
    return matches_fault(point, current);
  });
  if (wanted) fault_ = current;
  return wanted;
}

void Debugger::at_phase(const Event& event) {
  if (asking_ || leaving()) return;
  std::optional<std::vector<int>> numbers;
  if (event.kind == EventKind::FaultRaised) {
    numbers = points_.hit([&](const Point& point) { return matches_fault(point, fault_); });
    if (!numbers && !injected_) resume_.kind = stepping() ? ResumeKind::step : ResumeKind::proceed;
  } else if (event.kind == EventKind::PteWritten) {
    numbers = points_.hit([&](const Point& point) {
      return point.kind == PointKind::pte && same_page(point, event.address) && holds(point);
    });
  }
  const bool phase = (event.kind != EventKind::FaultRaised || injected_) && resume_.kind == ResumeKind::phase;
  const bool finished = event.kind == EventKind::Returned && resume_.kind == ResumeKind::finish_fault;
  if (numbers || phase || finished)
    stop({.kind = StopKind::fault, .points = numbers.value_or(std::vector<int>{}), .phase = event});
  // Behind the last phase comes the instruction itself.
  if (event.kind == EventKind::Returned && !injected_ &&
      (resume_.kind == ResumeKind::phase || resume_.kind == ResumeKind::finish_fault))
    resume_.kind = ResumeKind::step;
}

bool Debugger::wants_syscall(std::uint32_t /*number*/) {
  return points_.any([](const Point& point) { return point.kind != PointKind::breakpoint; });
}

bool Debugger::at_signal(const kernel::siginfo& info) {
  if (leaving()) return resume_.kind != ResumeKind::kill;
  auto numbers = points_.hit([&](const Point& point) {
    return point.kind == PointKind::signal && (!point.signal || *point.signal == info.signo) && holds(point);
  });
  stop({.kind = StopKind::signal, .points = numbers.value_or(std::vector<int>{}), .signal = info});
  return !resume_.drop_signal && resume_.kind != ResumeKind::kill;
}

void Debugger::on_event(const Event& event) {
  history_.note(event, asking_ || injected_ ? Cause::debugger : Cause::guest,
                [this] { return machine_.engine().user_registers().r[14]; });
  if (event.kind == EventKind::SoftDirtyCleared && !asking_)
    refs_cleared_ =
        points_.hit([&](const Point& point) { return point.kind == PointKind::clear_refs && holds(point); });
  if (event.kind != EventKind::PteWritten || asking_ || machine_.kernel().events().stepping()) return;
  auto numbers = points_.hit([&](const Point& point) {
    return same_page(point, event.address) &&
           (point.kind == PointKind::pte || (point.kind == PointKind::soft_dirty && turns_soft_dirty(event))) &&
           holds(point);
  });
  if (!numbers) return;
  pte_changes_.push_back({event.address.page(), mmu::Pte{event.value_before}, mmu::Pte{event.value_after},
                          event.origin.syscall, std::move(*numbers)});
}

}  // namespace lpaemu::emu
