#include "lpaemu/emu/debugger/expression.h"

#include <fmt/format.h>

#include "lpaemu/emu/blanks.h"
#include "lpaemu/mmu/print.h"

namespace lpaemu::emu {

Expected<CompiledExpression, Error> compile(std::string_view text, Debugger& debugger) {
  return CompiledExpression::compile(text, [&](std::string_view symbol) {
    const auto range = debugger.machine().code().range_of(symbol);
    return range ? std::optional{range->start} : std::nullopt;
  });
}

Expected<std::uint32_t, Error> evaluate(std::string_view text, Debugger& debugger) {
  LPAEMU_TRY(expression, compile(text, debugger));
  return debugger.evaluate(expression);
}

Expected<kernel::VirtRange, Error> evaluate_range(std::string_view text, Debugger& debugger, std::uint32_t length,
                                                  SymbolRange symbols) {
  const std::size_t comma = text.find(',');
  LPAEMU_TRY(start, evaluate(text.substr(0, comma), debugger));
  if (comma != std::string_view::npos) {
    LPAEMU_TRY(given, evaluate(text.substr(comma + 1), debugger));
    length = given;
  } else if (symbols == SymbolRange::whole) {
    const auto range = debugger.machine().code().range_of(trimmed(text));
    if (range && !range->empty()) length = range->bytes();
  }
  if (length == 0) return unexpected(Error{"a length of 0"});
  if (start + length < start)
    return unexpected(Error{fmt::format("{:#x} bytes from {:#x} go beyond 4 GiB", length, start)});
  return kernel::VirtRange{VirtAddr{start}, VirtAddr{start + length}};
}

std::string with_symbol(VirtAddr va, Debugger& debugger) {
  const std::string symbol = debugger.machine().code().symbol(va);
  return mmu::to_string(va) + (symbol.empty() ? "" : " <" + symbol + ">");
}

}  // namespace lpaemu::emu
