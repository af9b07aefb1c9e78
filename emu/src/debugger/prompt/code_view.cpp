#include "code_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>

#include "lpaemu/emu/host/read_file.h"

namespace lpaemu::emu {

InstructionSet set_at(Debugger& debugger, VirtAddr va) {
  return debugger.machine().code().instruction_set_at(va).value_or(instruction_set(debugger.registers()));
}

namespace {

/// The code around `pc` that belongs to its function, as far as `far`; from `pc` on where no function is known.
kernel::VirtRange part_of_function(Debugger& debugger, VirtAddr pc, std::uint32_t far) {
  const kernel::VirtRange behind{pc, VirtAddr{std::max(pc.raw(), pc.raw() + far)}};
  const auto function = function_at(debugger, pc);
  constexpr std::uint32_t too_far = 4096;  // to read from its start
  if (!function || pc - function->start > too_far) return behind;
  return {function->start, std::min(function->end, behind.end)};
}

/// What a terminal can show of a line.
std::string printable(std::string_view line) {
  constexpr std::size_t tab = 8;
  std::string text;
  for (const char c : line) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\t')
      text.append(tab - text.size() % tab, ' ');
    else if (c != '\r')
      text += byte >= 0x80 || std::isprint(byte) != 0 ? c : '?';
  }
  return text;
}

}  // namespace

std::vector<CodeLine> code_in(Debugger& debugger, kernel::VirtRange range) {
  CodeReader& code = debugger.machine().code();
  constexpr std::size_t most = 1U << 16;  // a program may say that a function has 4 GiB
  std::vector<CodeLine> lines;
  for (VirtAddr va = range.start; range.contains(va) && lines.size() < most;) {
    const InstructionSet set = set_at(debugger, va);
    const auto encoding = code.instruction_at(va, set);
    if (!encoding) break;
    lines.push_back({va, code.explained_at(va, set)});
    va += encoding->size;
  }
  return lines;
}

std::optional<kernel::VirtRange> function_at(Debugger& debugger, VirtAddr va) {
  CodeReader& code = debugger.machine().code();
  const std::string symbol = code.symbol(va);
  const auto range = code.range_of(std::string_view{symbol}.substr(0, symbol.rfind("+0x")));
  if (!range) return std::nullopt;
  const kernel::VirtRange bytes{VirtAddr{range->start.raw() & ~1U}, range->end};  // without the Thumb bit
  return bytes.contains(va) ? std::optional{bytes} : std::nullopt;
}

std::vector<CodeLine> code_around(Debugger& debugger, VirtAddr pc, std::size_t before, std::size_t after) {
  constexpr std::uint32_t longest = 4;
  const auto part = part_of_function(debugger, pc, longest * static_cast<std::uint32_t>(after + 1));
  std::vector<CodeLine> lines = code_in(debugger, {part.start, pc});
  if (lines.size() > before) lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(before));
  auto behind = code_in(debugger, {pc, part.end});
  if (behind.empty()) behind.push_back({pc, "?"});
  behind.resize(std::min(behind.size(), after + 1));
  std::ranges::move(behind, std::back_inserter(lines));
  return lines;
}

Expected<std::vector<std::string>, Error> source_text(const std::string& path) {
  constexpr std::uint64_t largest_source = std::uint64_t{1} << 23;
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored))  // a program may name a device, or a pipe
    return unexpected(Error{fmt::format("the source file '{}' is not there", path)});
  LPAEMU_TRY(bytes, read_file(path, largest_source));
  std::vector<std::string> lines;
  const std::string_view text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(printable(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return lines;
}

std::string numbered_lines(const std::vector<std::string>& lines, std::size_t first, std::size_t count,
                           std::size_t current) {
  std::string text;
  for (std::size_t number = first; number < first + count && number <= lines.size(); ++number) {
    std::string row = fmt::format("{:>5}{} {}", number, number == current ? '>' : ' ', lines[number - 1]);
    row.erase(row.find_last_not_of(' ') + 1);
    text += row + "\n";
  }
  return text;
}

Expected<std::optional<SourceLine>, Error> file_and_line(Debugger& debugger, std::string_view text) {
  const std::size_t colon = text.rfind(':');
  SourceLine place;
  if (colon == std::string_view::npos) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), place.line);
    if (error != std::errc{} || end != text.data() + text.size() || place.line == 0) return std::nullopt;
    const auto here = debugger.machine().code().source_place(debugger.registers().pc());
    if (!here) return unexpected(Error{"no source file is known for the code at the PC; FILE:LINE names one"});
    place.file = here->file;
    return place;
  }
  const std::string_view digits = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), place.line);
  if (error != std::errc{} || end != digits.data() + digits.size() || place.line == 0)
    return unexpected(Error{fmt::format("'{}' is no line number", digits)});
  const std::string_view name = text.substr(0, colon);
  const auto path = debugger.machine().code().source_file(name);
  if (!path)
    return unexpected(Error{fmt::format("the program was not made from a file '{}' with -g, as far as it says", name)});
  place.file = *path;
  return place;
}

std::string describe_code(Debugger& debugger) {
  const VirtAddr pc = debugger.registers().pc();
  std::string text;
  if (const auto place = debugger.machine().code().source_place(pc))
    if (const auto lines = source_text(place->file))
      text += numbered_lines(*lines, place->line > 1 ? place->line - 1 : 1, 3, place->line);
  for (const CodeLine& line : code_around(debugger, pc, 2, 2))
    text += fmt::format("{} {}\n", line.va == pc ? "=>" : "  ", line.text);
  return text;
}

}  // namespace lpaemu::emu
