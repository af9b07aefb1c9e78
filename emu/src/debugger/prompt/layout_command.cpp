// layout fault: the prompt itself opens the view.
#include "handlers.h"

namespace lpaemu::emu::commands {

CommandResult do_layout_fault(Debugger& /*debugger*/, std::string_view /*arguments*/) {
  return Outcome{.text = {}, .fault_layout = true};
}

}  // namespace lpaemu::emu::commands
