#include "lpaemu/emu/debugger/highlight.h"

#include <algorithm>
#include <cctype>

namespace lpaemu::emu {
namespace {

constexpr std::string_view plain = "\x1b[0m", bold = "\x1b[1m", red = "\x1b[31m", green = "\x1b[32m",
                           yellow = "\x1b[33m", blue = "\x1b[34m";

std::string coloured(std::string_view colour, std::string_view text) {
  return std::string{colour} + std::string{text} + std::string{plain};
}

/// How much of the beginning of `text` is an address or another number in hex.
std::size_t hex_number(std::string_view text) {
  if (!text.starts_with("0x")) return 0;
  const auto digit = [](unsigned char c) { return std::isxdigit(c) != 0; };
  const auto end = std::ranges::find_if_not(text.substr(2), digit);
  return static_cast<std::size_t>(end - text.substr(2).begin()) + 2;
}

/// "<main+0x10>"
std::size_t symbol(std::string_view text) {
  if (!text.starts_with('<')) return 0;
  const std::size_t end = text.find_first_of(" >");
  return end != std::string_view::npos && text[end] == '>' ? end + 1 : 0;
}

/// "hello.c:12" at the end of a line.
std::size_t source_place(std::string_view line) {
  const std::size_t blank = line.rfind(' ');
  const std::string_view word = line.substr(blank == std::string_view::npos ? 0 : blank + 1);
  const std::size_t colon = word.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == word.size()) return 0;
  const bool number = std::ranges::all_of(word.substr(colon + 1), [](unsigned char c) { return std::isdigit(c) != 0; });
  return number && word.find('.') < colon ? word.size() : 0;
}

std::string words_of(std::string_view line) {
  std::string text;
  while (!line.empty()) {
    if (const std::size_t size = hex_number(line); size > 2) {
      text += coloured(blue, line.substr(0, size));
      line.remove_prefix(size);
    } else if (const std::size_t named = symbol(line); named != 0) {
      text += coloured(yellow, line.substr(0, named));
      line.remove_prefix(named);
    } else {
      text += line.front();
      line.remove_prefix(1);
    }
  }
  return text;
}

std::string of_line(std::string_view line) {
  constexpr std::string_view error = "error:";
  if (line.starts_with(error)) return coloured(red, error) + std::string{line.substr(error.size())};
  if (line.starts_with("=> ")) return coloured(bold, line);
  const std::size_t place = source_place(line);
  const std::string_view rest = line.substr(0, line.size() - place);
  return words_of(rest) + (place == 0 ? "" : coloured(green, line.substr(rest.size())));
}

}  // namespace

std::string highlighted(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    result += of_line(text.substr(0, end));
    if (end < text.size()) result += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

}  // namespace lpaemu::emu
