// Commands that let the guest go on.
#include <fmt/format.h>

#include <algorithm>

#include "code_view.h"
#include "handlers.h"
#include "lpaemu/emu/debugger/expression.h"
#include "lpaemu/mmu/print.h"
#include "text.h"

namespace lpaemu::emu::commands {
namespace {

Outcome goes_on(ResumeKind kind) { return Outcome{.text = {}, .resume = Resume{.kind = kind}}; }

Expected<std::vector<std::string>, Error> arguments_of_guest(std::string_view text) {
  const auto all = words(text);
  for (const std::string_view word : all)
    if (word.starts_with('<') || word.starts_with('>'))
      return unexpected(Error{"no redirections here; `lpaemu debug --stdin FILE` says what the guest reads"});
  return std::vector<std::string>{all.begin(), all.end()};
}

Error not_at_fault(const Debugger& debugger) {
  const StopEvent& stop = debugger.last_stop();
  if (stop.signal && (stop.signal->signo == kernel::sigsegv || stop.signal->signo == kernel::sigbus))
    return Error{"the fault is over, the signal comes of it; to step it: `catch fault segv`, then `run`"};
  return Error{"the guest does not stand at a fault; see `help catch fault`"};
}

CommandResult by_lines(Debugger& debugger, std::string_view arguments, LineStep::Calls calls) {
  std::uint32_t lines = 1;
  if (!arguments.empty()) {
    LPAEMU_TRY(count, evaluate(arguments, debugger));
    if (count == 0) return says("");
    lines = count;
  }
  auto step = LineStep::begin(debugger, calls, lines);
  if (!step)
    return unexpected(Error{"there is no line information for this code; stepi and nexti step by instructions"});
  Outcome outcome{.text = {}, .resume = step->resume(debugger)};
  outcome.line_step = std::move(step);
  return outcome;
}

}  // namespace

CommandResult do_run(Debugger& /*debugger*/, std::string_view arguments) {
  LPAEMU_TRY(args, arguments_of_guest(arguments));
  return Outcome{.text = {}, .start = Start{.args = std::move(args)}};
}

CommandResult do_start(Debugger& debugger, std::string_view arguments) {
  if (!debugger.machine().code().range_of("main"))
    return unexpected(Error{"the program has no symbol 'main'; `starti` stops before its first instruction"});
  LPAEMU_TRY(args, arguments_of_guest(arguments));
  LPAEMU_TRY(planted, do_tbreak(debugger, "main"));
  planted.start = Start{.args = std::move(args)};
  return planted;
}

CommandResult do_starti(Debugger& /*debugger*/, std::string_view arguments) {
  LPAEMU_TRY(args, arguments_of_guest(arguments));
  return Outcome{.text = {}, .start = Start{.args = std::move(args), .stop = true}};
}

CommandResult do_continue(Debugger& debugger, std::string_view arguments) {
  if (!arguments.empty()) {
    LPAEMU_TRY(count, evaluate(arguments, debugger));
    for (const int number : debugger.last_stop().points)
      if (Point* point = debugger.points().find(number); point != nullptr && count > 0) point->ignore = count - 1;
  }
  return goes_on(ResumeKind::proceed);
}

CommandResult do_stepi(Debugger& debugger, std::string_view arguments) {
  if (!arguments.empty()) {
    LPAEMU_TRY(count, evaluate(arguments, debugger));
    if (count == 0) return says({});
    debugger.repeat_step(count - 1);
  }
  return goes_on(ResumeKind::step);
}

CommandResult do_nexti(Debugger& debugger, std::string_view /*arguments*/) {
  return Outcome{.text = {}, .resume = over_calls(debugger)};
}

CommandResult do_step(Debugger& debugger, std::string_view arguments) {
  return by_lines(debugger, arguments, LineStep::Calls::enter);
}

CommandResult do_next(Debugger& debugger, std::string_view arguments) {
  return by_lines(debugger, arguments, LineStep::Calls::pass);
}

CommandResult do_finish(Debugger& debugger, std::string_view /*arguments*/) {
  const kernel::UserRegisters at = debugger.registers();
  const auto caller = debugger.machine().code().caller(at.pc(), innermost_frame(debugger));
  const std::uint32_t back = caller && caller->r[15] ? *caller->r[15] : at.r[14];
  const VirtAddr to{back & ~1U};
  if (back == 0) return unexpected(Error{"lr is 0: nothing to return to"});
  stop_once_at(debugger, to, (back & 1) != 0 ? InstructionSet::thumb : InstructionSet::arm);
  return Outcome{.text = fmt::format("Run till {}\n", with_symbol(to, debugger)), .resume = Resume{}};
}

CommandResult do_phase(Debugger& debugger, std::string_view /*arguments*/) {
  if (!debugger.at_fault()) return unexpected(not_at_fault(debugger));
  return goes_on(ResumeKind::phase);
}

CommandResult do_finish_fault(Debugger& debugger, std::string_view /*arguments*/) {
  if (!debugger.at_fault()) return unexpected(not_at_fault(debugger));
  return goes_on(ResumeKind::finish_fault);
}

CommandResult do_retry(Debugger& debugger, std::string_view /*arguments*/) {
  if (!debugger.at_fault()) return unexpected(not_at_fault(debugger));
  return goes_on(ResumeKind::step);
}

CommandResult do_jump(Debugger& debugger, std::string_view arguments) {
  LPAEMU_TRY(line, file_and_line(debugger, arguments));
  const auto code = line ? debugger.machine().code().code_of(*line) : std::nullopt;
  if (line && !code) return unexpected(Error{fmt::format("no code is known for {}, or behind it", line->text())});
  LPAEMU_TRY(to, code ? Expected<std::uint32_t, Error>{code->raw()} : evaluate(arguments, debugger));
  kernel::UserRegisters registers = debugger.registers();
  const bool thumb = set_at(debugger, VirtAddr{to}) == InstructionSet::thumb;
  registers.r[15] = to & ~1U;
  registers.cpsr = mmu::PSR::T.with(registers.cpsr, thumb);
  registers.cpsr = mmu::PSR::IT_HIGH.with(mmu::PSR::IT_LOW.with(registers.cpsr, 0), 0);
  debugger.set_registers(registers);
  return goes_on(ResumeKind::proceed);
}

CommandResult do_kill(Debugger& /*debugger*/, std::string_view /*arguments*/) { return goes_on(ResumeKind::kill); }
CommandResult do_detach(Debugger& /*debugger*/, std::string_view /*arguments*/) { return goes_on(ResumeKind::detach); }

CommandResult do_quit(Debugger& /*debugger*/, std::string_view /*arguments*/) { return goes_on(ResumeKind::kill); }

}  // namespace lpaemu::emu::commands
