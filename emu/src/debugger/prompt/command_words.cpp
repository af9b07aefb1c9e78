#include "command_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace lpaemu::emu {

std::string_view take_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  const std::size_t end = std::min(line.find_first_of(" \t/$*", 1), line.size());
  const std::string_view word = line.substr(0, line.empty() ? 0 : end);
  line.remove_prefix(word.size());
  return word;
}

std::string_view first_word(std::string_view name) { return name.substr(0, name.find(' ')); }

std::string_view second_word(std::string_view name) {
  const std::size_t blank = name.find(' ');
  return blank == std::string_view::npos ? std::string_view{} : name.substr(blank + 1);
}

/// What those who know GDB may type, and what is not here: it is about types, locals and frames.
constexpr std::array<std::string_view, 9> only_in_gdb{"args",   "commands", "display", "down", "frame",
                                                      "locals", "ptype",    "until",   "up"};

Expected<std::string_view, Error> expand_word(std::string_view typed, std::vector<std::string_view> words,
                                              std::string_view what) {
  if (std::ranges::find(words, typed) != words.end()) return typed;
  std::erase_if(words, [&](std::string_view word) { return !word.starts_with(typed); });
  std::ranges::sort(words);
  const auto [first, last] = std::ranges::unique(words);
  words.erase(first, last);
  if (words.size() == 1) return words.front();
  if (words.empty() && std::ranges::find(only_in_gdb, typed) != only_in_gdb.end())
    return unexpected(Error{fmt::format("'{}' is GDB's alone: lpaemu run --gdb PORT PROGRAM serves one", typed)});
  if (words.empty()) return unexpected(Error{fmt::format("no {} '{}'; try help", what, typed)});
  if (typed.empty()) return unexpected(Error{fmt::format("which {}? {}", what, fmt::join(words, ", "))});
  return unexpected(Error{fmt::format("'{}' may be {}", typed, fmt::join(words, ", "))});
}

}  // namespace lpaemu::emu
