// The table, and how a line finds its row.
#include "lpaemu/emu/debugger/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

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

/// The line's first word; `/` and `$` end a word as well, so that x/4xw and p$pc are read.
std::string_view next_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  const std::size_t end = std::min(line.find_first_of(" \t/$*", 1), line.size());
  const std::string_view word = line.substr(0, line.empty() ? 0 : end);
  line.remove_prefix(word.size());
  return word;
}

std::string_view first_of(std::string_view name) { return name.substr(0, name.find(' ')); }
std::string_view second_of(std::string_view name) {
  const std::size_t blank = name.find(' ');
  return blank == std::string_view::npos ? std::string_view{} : name.substr(blank + 1);
}

/// Of `words` the one that is meant: the word itself, or the only one that begins with it.
Expected<std::string_view, Error> complete(std::string_view typed, std::vector<std::string_view> words,
                                           std::string_view what) {
  if (std::ranges::find(words, typed) != words.end()) return typed;
  std::erase_if(words, [&](std::string_view word) { return !word.starts_with(typed); });
  std::ranges::sort(words);
  const auto [first, last] = std::ranges::unique(words);
  words.erase(first, last);
  if (words.size() == 1) return words.front();
  if (words.empty()) return unexpected(Error{fmt::format("no {} '{}'; try help", what, typed)});
  return unexpected(Error{fmt::format("'{}' may be {}", typed, fmt::join(words, ", "))});
}

}  // namespace

std::span<const Command> command_table() { return table; }

Expected<ParsedCommand, Error> parse_command(std::string_view line) {
  const std::string_view typed = next_word(line);
  if (typed.empty()) return unexpected(Error{"an empty command"});
  for (const Command& command : table)
    if (!command.shortcut.empty() && command.shortcut == typed) return ParsedCommand{&command, line};

  std::vector<std::string_view> firsts;
  firsts.reserve(std::size(table));
  for (const Command& command : table) firsts.push_back(first_of(command.name));
  LPAEMU_TRY(first, complete(typed == "i" ? "info" : typed, firsts, "command"));
  std::vector<std::string_view> seconds;
  const Command* single = nullptr;
  for (const Command& command : table) {
    if (first_of(command.name) != first) continue;
    if (second_of(command.name).empty())
      single = &command;
    else
      seconds.push_back(second_of(command.name));
  }
  std::string_view rest = line;
  const std::string_view second_typed = next_word(rest);
  if (single != nullptr && std::ranges::find(seconds, second_typed) == seconds.end())
    return ParsedCommand{single, line};
  LPAEMU_TRY(second, complete(second_typed, seconds, fmt::format("{} command", first)));
  const auto found = std::ranges::find(table, fmt::format("{} {}", first, second), &Command::name);
  return ParsedCommand{&*found, rest};
}

CommandResult run_command(Debugger& debugger, std::string_view line) {
  LPAEMU_TRY(parsed, parse_command(line));
  return parsed.command->handler(debugger, trimmed(parsed.arguments));
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

CommandResult do_help(Debugger& /*debugger*/, std::string_view arguments) {
  if (arguments.empty()) {
    std::string text;
    for (const Command& command : table)
      text += fmt::format("{:<18} {:<4} {}\n", command.name, command.shortcut, command.summary);
    text +=
        "Words may be shortened while they are clear; an empty line repeats stepping and x. ADDR: 0x10400, main+8, "
        "$sp, *$r0.\n";
    return says(text);
  }
  LPAEMU_TRY(parsed, parse_command(arguments));
  const Command& command = *parsed.command;
  std::string text = fmt::format("{} {}\n{}\n", command.name, command.arguments, command.summary);
  if (!command.shortcut.empty()) text += fmt::format("shortcut: {}\n", command.shortcut);
  if (command.handler == &do_catch_fault) text += fmt::format("KIND: {}\n", fault_kinds());
  return says(text);
}

}  // namespace commands
}  // namespace lpaemu::emu
