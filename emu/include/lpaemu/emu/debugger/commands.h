// The commands of the prompt: one table, which help, completion, the GDB server's `monitor` and the documentation read.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lpaemu/emu/debugger/debugger.h"
#include "lpaemu/emu/debugger/line_step.h"

namespace lpaemu::emu {

/// Commands that were written beforehand.
struct Script {
  std::string file;  // empty: of the command line
  std::vector<std::string> lines;
};
/// Reads a file of commands, a line each.
[[nodiscard]] Expected<Script, Error> read_script(const std::string& file);

/// The program is to begin, anew unless it stands before its first instruction.
struct Start {
  std::vector<std::string> args;  // without argv[0]; empty: those of the last time
  bool stop = false;              // before the first instruction
};

/// What a command prints, and how the guest goes on if it does.
struct Outcome {
  std::string text;
  std::optional<Resume> resume{};
  std::optional<Start> start{};
  std::string repeat{};                 // what an empty line does next, where that is not the same again
  bool fault_layout = false;            // the full-screen view is to be opened
  std::optional<Script> script{};       // to be run next
  std::optional<LineStep> line_step{};  // asked at the stops to come, until it ends
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

/// The command that `line` names without arguments; all of a family for "info", "catch"; none.
[[nodiscard]] std::vector<const Command*> find_commands(std::string_view line);

/// What is said at a stop: why, where, the instruction that comes next.
[[nodiscard]] std::string describe_stop(Debugger& debugger, const StopEvent& event);
/// The same with the source lines and the instructions around, where they were not shown just before.
[[nodiscard]] std::string describe_stop_and_code(Debugger& debugger, const StopEvent& event);

}  // namespace lpaemu::emu
