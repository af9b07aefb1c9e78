#include "lpaemu/emu/debugger/line_step.h"

#include <algorithm>
#include <utility>

#include "lpaemu/emu/debugger/calls.h"

namespace lpaemu::emu {
namespace {

/// The address behind the call that the guest is about to make; nothing if it is about to make none.
std::optional<VirtAddr> behind_call(Debugger& debugger) {
  const kernel::UserRegisters at = debugger.registers();
  const auto encoding = debugger.machine().code().instruction_at(at.pc(), instruction_set(at));
  if (!encoding || !is_call(*encoding) || !condition_passed(*encoding, at.cpsr)) return std::nullopt;
  return at.pc() + encoding->size;
}

std::optional<SourceLine> line_here(Debugger& debugger) {
  return debugger.machine().code().source_place(debugger.registers().pc());
}

}  // namespace

void stop_once_at(Debugger& debugger, VirtAddr va, InstructionSet set) {
  debugger.points().add({.kind = PointKind::breakpoint,
                         .range = {va, va + 1U},
                         .set = set,
                         .least_sp = debugger.registers().sp(),
                         .temporary = true,
                         .text = "temporary"},
                        Points::Owner::gdb);
}

Resume over_calls(Debugger& debugger) {
  const auto behind = behind_call(debugger);
  if (!behind || debugger.at_fault()) return Resume{.kind = ResumeKind::step};
  stop_once_at(debugger, *behind, instruction_set(debugger.registers()));
  return Resume{.kind = ResumeKind::proceed};
}

std::optional<LineStep> LineStep::begin(Debugger& debugger, Calls calls, std::uint32_t lines) {
  auto from = line_here(debugger);
  if (!from) return std::nullopt;
  return LineStep{std::move(*from), calls, lines};
}

Resume LineStep::resume(Debugger& debugger) {
  if (calls_ == Calls::pass) return over_calls(debugger);
  entering_ = behind_call(debugger).has_value();
  return Resume{.kind = ResumeKind::step};
}

std::optional<Resume> LineStep::on_stop(Debugger& debugger, const StopEvent& event) {
  if (event.asked_for) return std::nullopt;
  const bool own_point = std::ranges::all_of(event.points, [](int number) { return number == 0; });
  if (event.kind != StopKind::stepped && !(event.kind == StopKind::breakpoint && own_point)) return std::nullopt;
  const auto here = line_here(debugger);
  if (!here) {
    if (!std::exchange(entering_, false)) return std::nullopt;
    const std::uint32_t lr = debugger.registers().r[14];
    stop_once_at(debugger, VirtAddr{lr & ~1U}, (lr & 1) != 0 ? InstructionSet::thumb : InstructionSet::arm);
    return Resume{.kind = ResumeKind::proceed};
  }
  if (here->file != from_.file || here->line != from_.line) {
    if (--lines_ == 0) return std::nullopt;
    from_ = *here;
  }
  return resume(debugger);
}

}  // namespace lpaemu::emu
