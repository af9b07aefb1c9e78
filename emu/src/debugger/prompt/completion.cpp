#include <algorithm>
#include <cctype>

#include "command_words.h"
#include "lpaemu/emu/blanks.h"
#include "lpaemu/emu/core_registers.h"
#include "lpaemu/emu/debugger/commands.h"
#include "lpaemu/emu/debugger/complete.h"
#include "lpaemu/emu/debugger/help.h"
#include "lpaemu/emu/debugger/other_registers.h"
#include "lpaemu/kernel_model/syscalls/syscall.h"
#include "lpaemu/kernel_model/task/signal.h"

namespace lpaemu::emu {
namespace {

constexpr std::string_view blanks = " \t";
constexpr std::string_view operators = " \t+-*&,=";

/// The part behind the last of `separators`.
std::string_view last_word(std::string_view text, std::string_view separators) {
  return text.substr(text.find_last_of(separators) + 1);
}

class Words {
 public:
  explicit Words(std::string_view typed) : typed_{typed} {}

  void offer(std::string_view word) {
    if (!word.empty() && word.starts_with(typed_)) words_.emplace_back(word);
  }
  void offer_each(std::string_view list) {
    for (std::string_view word = take_word(list); !word.empty(); word = take_word(list)) offer(word);
  }
  [[nodiscard]] bool empty() const { return words_.empty(); }
  [[nodiscard]] Completion completion() && {
    std::ranges::sort(words_);
    const auto [first, last] = std::ranges::unique(words_);
    words_.erase(first, last);
    return {.typed = typed_.size(), .words = std::move(words_)};
  }

 private:
  std::string_view typed_;
  std::vector<std::string> words_;
};

Completion first_words(std::string_view typed) {
  Words words{typed};
  for (const Command& command : command_table()) words.offer(first_word(command.name));
  return std::move(words).completion();
}

Completion second_words(std::string_view first, std::string_view typed) {
  Words words{typed};
  for (const Command& command : command_table())
    if (first_word(command.name) == first) words.offer(second_word(command.name));
  return std::move(words).completion();
}

/// Names of registers with `$` in expressions.
void offer_registers(Words& words, std::string_view mark) {
  for (const std::string_view name : core_register_names) words.offer(std::string{mark} + std::string{name});
  words.offer(std::string{mark} + "cpsr");
  for (const std::string& name : other_register_names()) words.offer(std::string{mark} + name);
}

/// What the table says that a command takes: words in lower case stand for themselves.
Completion of_arguments(Debugger& debugger, const Command& command, std::string_view arguments) {
  const auto takes = [&](std::string_view what) { return command.arguments.find(what) != std::string_view::npos; };
  if (takes("COMMAND")) {
    const std::string_view typed = arguments.substr(std::min(arguments.find_first_not_of(blanks), arguments.size()));
    Completion command_words = complete_line(debugger, typed);
    for (const std::string_view group : help_groups())
      if (typed.find(' ') == std::string_view::npos && group.starts_with(typed))
        command_words.words.emplace_back(group);
    std::ranges::sort(command_words.words);
    return command_words;
  }
  const std::string_view typed_word = last_word(arguments, blanks);
  Words words{typed_word};
  if (takes("LINE"))
    for (const std::string& path : debugger.machine().code().source_files())
      words.offer(path.substr(path.rfind('/') + 1) + ":");
  std::string alternatives{command.arguments};
  std::ranges::replace_if(alternatives, [](unsigned char c) { return std::islower(c) == 0; }, ' ');
  words.offer_each(alternatives);
  if (trimmed(arguments).size() == typed_word.size())  // "set p" may become "set pte"
    for (const Command& other : command_table())
      if (first_word(other.name) == command.name) words.offer(second_word(other.name));
  if (takes("KIND")) words.offer_each(fault_kinds());
  if (command.name == "catch syscall")
    for (const kernel::SyscallRow& row : kernel::syscall_table()) words.offer(row.name);
  if (command.name == "catch signal")
    for (int signo = 1; signo < kernel::sigrtmin; ++signo) words.offer(kernel::signal_name(signo));
  if (takes("all|NAME")) offer_registers(words, "");
  const bool expression = takes("ADDR") || takes("EXPRESSION") || takes("VALUE");
  if ((!words.empty() && !takes("LINE")) || !expression) return std::move(words).completion();

  const std::string_view typed = last_word(arguments, operators);
  Words terms = words.empty() ? Words{typed} : words;
  offer_registers(terms, "$");
  for (const std::string& name : debugger.machine().code().symbols_beginning(typed)) terms.offer(name);
  return std::move(terms).completion();
}

}  // namespace

Completion complete_line(Debugger& debugger, std::string_view before_cursor) {
  std::string_view rest = before_cursor;
  const std::string_view first = take_word(rest);
  if (rest.empty()) return first_words(first);
  const auto parsed = parse_command(before_cursor);
  if (parsed && !parsed->arguments.empty()) return of_arguments(debugger, *parsed->command, parsed->arguments);
  const auto meant = expand_first_word(first);
  return meant ? second_words(*meant, last_word(rest, blanks)) : Completion{};
}

}  // namespace lpaemu::emu
