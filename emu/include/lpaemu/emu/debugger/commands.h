// The commands of the prompt: one table, which help, completion, the GDB server's `monitor` and the documentation read.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lpaemu/emu/debugger/debugger.h"

namespace lpaemu::emu {

/// What a command prints, and how the guest goes on if it does.
struct Outcome {
  std::string text;
  std::optional<Resume> resume{};
  bool quit = false;
};
using CommandResult = Expected<Outcome, Error>;

enum class Runs : std::uint8_t { no, guest };  // whether guest instructions are executed: those are not for `monitor`

struct Command {
  std::string_view name;      // words; "info pte"
  std::string_view shortcut;  // preferred over what it is an abbreviation of; may be empty
  std::string_view arguments;
  Runs runs;
  std::string_view summary;
  CommandResult (*handler)(Debugger& debugger, std::string_view arguments);
};

/// All commands, in the order in which help lists them.
[[nodiscard]] std::span<const Command> command_table();

/// The command that a line begins with, and the rest of the line. Words may be abbreviated as far as they are clear.
struct ParsedCommand {
  const Command* command;
  std::string_view arguments;
};
[[nodiscard]] Expected<ParsedCommand, Error> parse_command(std::string_view line);

/// Parses and runs a line.
[[nodiscard]] CommandResult run_command(Debugger& debugger, std::string_view line);

/// What is said at a stop: why, where, the instruction that comes next.
[[nodiscard]] std::string describe_stop(Debugger& debugger, const StopEvent& event);

}  // namespace lpaemu::emu
