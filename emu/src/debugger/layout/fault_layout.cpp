#include "lpaemu/emu/debugger/fault_layout.h"

#include <algorithm>
#include <array>

#include "lpaemu/emu/debugger/commands.h"
#include "lpaemu/emu/debugger/fault_view.h"

namespace lpaemu::emu {
namespace {

constexpr char ctrl_c = '\x03', ctrl_d = '\x04';

struct Binding {
  char key;
  std::string_view command;
};
constexpr std::array bindings{Binding{'p', "phase"}, Binding{'f', "finish-fault"}, Binding{'r', "retry"},
                              Binding{'s', "stepi"}, Binding{'c', "continue"}};

bool leaves(const KeyPress& press) {
  return press.key == Key::end || press.character == 'q' || press.character == ctrl_c || press.character == ctrl_d;
}

}  // namespace

std::optional<Resume> FaultLayout::on_stop(const StopEvent& event) {
  std::string message;
  while (event.kind != StopKind::exited) {
    const ScreenSize size = screen_.size();
    screen_.paint(draw(look_at_fault(debugger_, event, code_rows_of(size)), size, message));
    message.clear();
    const KeyPress press = screen_.read_key();
    if (press.key == Key::resized) continue;
    if (leaves(press)) break;
    const auto binding = std::ranges::find(bindings, press.character, &Binding::key);
    if (binding == bindings.end()) continue;
    const CommandResult result = run_command(debugger_, binding->command);
    if (!result) {
      message = result.error().message;
      continue;
    }
    const bool runs_guest = event.kind != StopKind::fault || event.phase->kind == kernel::EventKind::Returned ||
                            parse_command(binding->command)->command->runs == Runs::guest;
    if (runs_guest) screen_.leave();
    return result->resume;
  }
  screen_.leave();
  return std::nullopt;
}

}  // namespace lpaemu::emu
