// Steps by source lines.
#pragma once

#include <optional>

#include "lpaemu/emu/debugger/debugger.h"
#include "lpaemu/emu/loader/symbols.h"

namespace lpaemu::emu {

/// A breakpoint for one stop, of which no list tells. One that is there already will do.
void stop_once_at(Debugger& debugger, VirtAddr va, InstructionSet set);

/// How one instruction is executed with all of the function that it calls, if it calls one.
[[nodiscard]] Resume over_calls(Debugger& debugger);

/// Answers its own stops until another source line begins. A function without line information is passed; where such
/// code is come upon in another way, as behind main's end, the step ends.
class LineStep {
 public:
  enum class Calls : std::uint8_t { enter, pass };

  /// `lines` steps from here. Nothing: there is no line information for the code at the PC.
  [[nodiscard]] static std::optional<LineStep> begin(Debugger& debugger, Calls calls, std::uint32_t lines);

  /// How the guest goes on.
  [[nodiscard]] Resume resume(Debugger& debugger);
  /// The same at a stop on the way; nothing: it ends here, by itself or by what the stop is due to.
  [[nodiscard]] std::optional<Resume> on_stop(Debugger& debugger, const StopEvent& event);

 private:
  LineStep(SourceLine from, Calls calls, std::uint32_t lines) : from_{std::move(from)}, calls_{calls}, lines_{lines} {}

  SourceLine from_;
  Calls calls_;
  std::uint32_t lines_;
  bool entering_ = false;  // the instruction under way is a call
};

}  // namespace lpaemu::emu
