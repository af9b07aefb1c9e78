// The table, and how a line finds its row.
#include "lpaemu/emu/debugger/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "command_words.h"
#include "handlers.h"
#include "lpaemu/emu/blanks.h"

namespace lpaemu::emu {
namespace {

constexpr std::array table{
#define COMMAND(name, shortcut, arguments, runs, handler, summary) \
  Command{name, shortcut, arguments, runs, summary, &commands::handler},
#include "table.inc"
#undef COMMAND
};

}  // namespace

std::span<const Command> command_table() { return table; }

Expected<std::string_view, Error> expand_first_word(std::string_view typed) {
  std::vector<std::string_view> firsts;
  firsts.reserve(std::size(table));
  for (const Command& command : table) firsts.push_back(first_word(command.name));
  return expand_word(typed == "i" ? "info" : typed, std::move(firsts), "command");
}

Expected<ParsedCommand, Error> parse_command(std::string_view line) {
  const std::string_view typed = take_word(line);
  if (typed.empty()) return unexpected(Error{"an empty command"});
  for (const Command& command : table)
    if (!command.shortcut.empty() && command.shortcut == typed) return ParsedCommand{&command, line};

  LPAEMU_TRY(first, expand_first_word(typed));
  std::vector<std::string_view> seconds;
  const Command* single = nullptr;
  for (const Command& command : table) {
    if (first_word(command.name) != first) continue;
    if (second_word(command.name).empty())
      single = &command;
    else
      seconds.push_back(second_word(command.name));
  }
  std::string_view rest = line;
  const std::string_view second_typed = take_word(rest);
  if (single != nullptr && std::ranges::find(seconds, second_typed) == seconds.end())
    return ParsedCommand{single, line};
  LPAEMU_TRY(second, expand_word(second_typed, seconds, fmt::format("{} command", first)));
  const auto found = std::ranges::find(table, fmt::format("{} {}", first, second), &Command::name);
  return ParsedCommand{&*found, rest};
}

std::vector<const Command*> find_commands(std::string_view line) {
  std::vector<const Command*> found;
  if (const auto parsed = parse_command(line)) {
    if (trimmed(parsed->arguments).empty()) found.push_back(parsed->command);
    return found;
  }
  const auto first = expand_first_word(take_word(line));
  for (const Command& command : table)
    if (first && trimmed(line).empty() && first_word(command.name) == *first) found.push_back(&command);
  return found;
}

CommandResult run_command(Debugger& debugger, std::string_view line) {
  LPAEMU_TRY(parsed, parse_command(line));
  const std::string_view arguments = trimmed(parsed.arguments);
  const Command& command = *parsed.command;
  const bool needs_one = !command.arguments.empty() && command.arguments.front() != '[';
  if (needs_one && arguments.empty())
    return unexpected(Error{fmt::format("{0} {1}; see `help {0}`", command.name, command.arguments)});
  return command.handler(debugger, arguments);
}

namespace commands {

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> all;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    if (text.empty()) return all;
    all.push_back(text.substr(0, text.find_first_of(" \t")));
    text.remove_prefix(all.back().size());
  }
}

}  // namespace commands
}  // namespace lpaemu::emu
