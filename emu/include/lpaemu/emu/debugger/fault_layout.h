// `layout fault`: shows each stop on the whole screen, and takes keys instead of lines.
#pragma once

#include <optional>

#include "lpaemu/emu/debugger/debugger.h"
#include "lpaemu/emu/full_screen.h"

namespace lpaemu::emu {

class FaultLayout {
 public:
  FaultLayout(Debugger& debugger, FullScreen& screen) : debugger_{debugger}, screen_{screen} {}

  /// How the guest is to go on, by a key; nothing: lines are wanted again, or the guest has ended. The screen is left
  /// before guest code runs, because the guest may write to the terminal.
  [[nodiscard]] std::optional<Resume> on_stop(const StopEvent& event);

 private:
  Debugger& debugger_;
  FullScreen& screen_;
};

}  // namespace lpaemu::emu
