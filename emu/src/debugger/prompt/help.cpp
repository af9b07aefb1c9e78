// help and apropos: the command table, and what help_topics.inc adds to it.
#include "lpaemu/emu/debugger/help.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "handlers.h"

namespace lpaemu::emu {
namespace {

struct HelpGroup {
  std::string_view name;
  std::string_view summary;
};

constexpr std::array groups{
#define GROUP(name, summary) HelpGroup{#name, summary},
#define TOPIC(command, group, explanation, example)
#include "help_topics.inc"
#undef GROUP
#undef TOPIC
};

constexpr std::array topics{
#define GROUP(name, summary)
#define TOPIC(command, group, explanation, example) HelpTopic{command, #group, explanation, example},
#include "help_topics.inc"
#undef GROUP
#undef TOPIC
};

/// The text in lines of a width that reads well; `indent`: blanks before all but the first.
std::string wrapped(std::string_view text, std::size_t indent = 0) {
  const std::size_t width = 78 - indent;
  std::string lines;
  while (text.size() > width) {
    const std::size_t end = std::min(text.rfind(' ', width), text.size());
    lines += fmt::format("{}\n{:{}}", text.substr(0, end), "", indent);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines + fmt::format("{}\n", text);
}

std::string row(const Command& command) {
  const std::string names = fmt::format("{:<18} {:<4} ", command.name, command.shortcut);
  return names + wrapped(command.summary, names.size());
}

std::string usage(const Command& command) {
  std::string text =
      fmt::format("usage: {}{}{}\n", command.name, command.arguments.empty() ? "" : " ", command.arguments);
  if (!command.shortcut.empty()) text += fmt::format("short: {}\n", command.shortcut);
  const HelpTopic* const topic = find_topic(command);
  text += "\n" + wrapped(topic == nullptr ? command.summary : topic->explanation);
  if (command.arguments.find("KIND") != std::string_view::npos) text += "\n" + wrapped("KIND: " + fault_kinds());
  if (topic != nullptr) text += fmt::format("\nexample: {}\n", topic->example);
  return text;
}

std::string list_groups() {
  std::string text;
  for (const HelpGroup& group : groups) text += fmt::format("{:<12} {}\n", group.name, group.summary);
  return text +
         "\nhelp GROUP lists the commands of a group, help COMMAND tells about one, help all lists everything, apropos "
         "WORD\n"
         "searches. Words may be shortened while they are clear; an empty line repeats what steps or shows. An "
         "address\n"
         "is an expression: 0x10400, main+8, $sp, *$r0.\n";
}

std::string list_group(std::string_view group) {
  std::string text;
  for (const Command& command : command_table())
    if (const HelpTopic* const topic = find_topic(command); topic != nullptr && topic->group == group)
      text += row(command);
  return text;
}

bool has_word(std::string_view text, std::string_view word) {
  const auto same = [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); };
  return !std::ranges::search(text, word, same).empty();
}

bool is_about(const Command& command, std::string_view word) {
  const HelpTopic* const topic = find_topic(command);
  return has_word(command.name, word) || has_word(command.summary, word) ||
         (topic != nullptr && has_word(topic->explanation, word));
}

}  // namespace

const HelpTopic* find_topic(const Command& command) {
  const auto found = std::ranges::find(topics, command.name, &HelpTopic::command);
  return found == topics.end() ? nullptr : &*found;
}

std::vector<std::string_view> help_groups() {
  std::vector<std::string_view> names;
  names.reserve(groups.size());
  for (const HelpGroup& group : groups) names.push_back(group.name);
  return names;
}

namespace commands {

CommandResult do_help(Debugger& /*debugger*/, std::string_view arguments) {
  if (arguments.empty()) return says(list_groups());
  std::string text;
  if (arguments == "all") {
    for (const Command& command : command_table()) text += row(command);
    return says(text);
  }
  if (std::ranges::find(groups, arguments, &HelpGroup::name) != groups.end()) return says(list_group(arguments));
  const auto found = find_commands(arguments);
  if (found.size() == 1) return says(usage(*found.front()));
  for (const Command* command : found) text += row(*command);
  for (const Command& command : command_table())
    if (found.empty() && command.name.ends_with(fmt::format(" {}", arguments))) text += row(command);
  if (!text.empty()) return says(text);
  const auto group =
      std::ranges::find_if(groups, [&](const HelpGroup& each) { return each.name.starts_with(arguments); });
  if (group != groups.end()) return says(list_group(group->name));
  LPAEMU_TRY(parsed, parse_command(arguments));
  return says(usage(*parsed.command));
}

CommandResult do_apropos(Debugger& /*debugger*/, std::string_view arguments) {
  std::string text;
  for (const Command& command : command_table())
    if (is_about(command, arguments)) text += row(command);
  return says(text.empty() ? fmt::format("no command has to do with '{}'\n", arguments) : text);
}

}  // namespace commands
}  // namespace lpaemu::emu
