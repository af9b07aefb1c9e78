// The handlers of the command table, a file a family.
#pragma once

#include "lpaemu/emu/debugger/commands.h"

namespace lpaemu::emu::commands {

#define COMMAND(name, shortcut, arguments, runs, handler, summary) \
  [[nodiscard]] CommandResult handler(Debugger& debugger, std::string_view arguments_text);
#include "table.inc"
#undef COMMAND

/// Words separated by blanks.
[[nodiscard]] std::vector<std::string_view> words(std::string_view text);
[[nodiscard]] inline CommandResult says(std::string text) { return Outcome{.text = std::move(text)}; }

}  // namespace lpaemu::emu::commands
