// Commands that show code: list, disassemble.
#include <fmt/format.h>

#include <algorithm>

#include "code_view.h"
#include "handlers.h"
#include "lpaemu/emu/debugger/expression.h"
#include "lpaemu/mmu/print.h"

namespace lpaemu::emu::commands {
namespace {

constexpr std::size_t listed = 10;

Expected<SourceLine, Error> place_of(Debugger& debugger, std::string_view text) {
  LPAEMU_TRY(given, file_and_line(debugger, text));
  if (given) return *given;
  LPAEMU_TRY(va,
             text.empty() ? Expected<std::uint32_t, Error>{debugger.registers().pc().raw()} : evaluate(text, debugger));
  if (auto place = debugger.machine().code().source_place(VirtAddr{va})) return *place;
  return unexpected(Error{fmt::format("no source line is known for {}: its code was not built with -g",
                                      with_symbol(VirtAddr{va}, debugger))});
}

}  // namespace

CommandResult do_list(Debugger& debugger, std::string_view arguments) {
  LPAEMU_TRY(place, place_of(debugger, arguments));
  LPAEMU_TRY(lines, source_text(place.file));
  if (place.line > lines.size()) return unexpected(Error{fmt::format("'{}' has {} lines", place.file, lines.size())});
  const std::size_t first = place.line > listed / 2 ? place.line - listed / 2 : 1;
  const auto here = debugger.machine().code().source_place(debugger.registers().pc());
  const std::size_t current = here && here->file == place.file ? here->line : 0;
  Outcome outcome{.text = numbered_lines(lines, first, listed, current)};
  outcome.repeat = fmt::format("list {}:{}", place.file, first + listed + listed / 2);
  return outcome;
}

CommandResult do_disassemble(Debugger& debugger, std::string_view arguments) {
  const VirtAddr pc = debugger.registers().pc();
  kernel::VirtRange range;
  if (arguments.find(',') != std::string_view::npos) {
    LPAEMU_TRY(given, evaluate_range(arguments, debugger, 1, SymbolRange::first_byte));
    range = given;
  } else {
    LPAEMU_TRY(va, arguments.empty() ? Expected<std::uint32_t, Error>{pc.raw()} : evaluate(arguments, debugger));
    const auto function = function_at(debugger, VirtAddr{va});
    if (!function)
      return unexpected(Error{fmt::format("no function holds {:#010x}; disassemble ADDR,LEN shows LEN bytes", va)});
    range = *function;
  }
  std::string text;
  for (const CodeLine& line : code_in(debugger, {VirtAddr{range.start.raw() & ~1U}, range.end}))
    text += fmt::format("{} {}: {}\n", line.va == pc ? "=>" : "  ", with_symbol(line.va, debugger), line.text);
  if (text.empty()) return unexpected(Error{fmt::format("cannot read memory at {}", mmu::to_string(range.start))});
  return says(text);
}

}  // namespace lpaemu::emu::commands
