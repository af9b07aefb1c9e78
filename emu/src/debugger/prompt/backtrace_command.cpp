// backtrace: who called whom.
#include <fmt/format.h>

#include "handlers.h"
#include "lpaemu/emu/debugger/expression.h"
#include "text.h"

namespace lpaemu::emu::commands {
namespace {

std::string row(Debugger& debugger, std::size_t number, VirtAddr pc, VirtAddr code) {
  const std::string line = debugger.machine().code().source_line(code);
  return fmt::format("#{:<3} {}{}\n", number, with_symbol(pc, debugger), line.empty() ? "" : " " + line);
}

/// The innermost function can be one without call frame information: its way back is in lr as long as it has made no
/// call, so that its caller is only likely.
FrameRegisters likely_caller(FrameRegisters frame) {
  frame.r[15] = frame.r[14];
  return frame;
}

}  // namespace

CommandResult do_backtrace(Debugger& debugger, std::string_view arguments) {
  std::uint32_t most = 64;
  if (!arguments.empty()) {
    LPAEMU_TRY(count, evaluate(arguments, debugger));
    most = count;
  }
  FrameRegisters frame = innermost_frame(debugger);
  CodeReader& code = debugger.machine().code();
  std::string text;
  for (std::uint32_t i = 0; i < most; ++i) {
    const VirtAddr pc{*frame.r[15] & ~1U};
    const VirtAddr inside = i == 0 ? pc : pc - 1U;  // a call may be the last instruction of its function
    text += row(debugger, i, pc, inside);
    auto caller = code.caller(inside, frame);
    if (!caller && i == 0 && *frame.r[14] != 0) {
      caller = likely_caller(frame);
      text += "     (by lr: there is no call frame information for this code)\n";
    }
    if (!caller) return says(text + "     (no call frame information: the callers are not known)\n");
    const bool deeper = i == 0 ? *caller->r[13] < *frame.r[13] : *caller->r[13] <= *frame.r[13];
    if (!caller->r[15] || *caller->r[15] == 0 || deeper) break;  // the outermost, or no frame
    frame = *caller;
  }
  return says(text);
}

}  // namespace lpaemu::emu::commands
