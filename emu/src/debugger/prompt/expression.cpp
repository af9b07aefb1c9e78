#include "lpaemu/emu/debugger/expression.h"

#include <fmt/format.h>

#include <charconv>

#include "lpaemu/emu/blanks.h"
#include "lpaemu/emu/core_registers.h"
#include "lpaemu/emu/machine/guest_memory.h"
#include "lpaemu/mmu/print.h"

namespace lpaemu::emu {
namespace {

std::optional<std::uint32_t> number(std::string_view text) {
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  const std::string_view digits = hex ? text.substr(2) : text;
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
  if (error != std::errc{} || end != digits.data() + digits.size() || digits.empty()) return std::nullopt;
  return value;
}

std::optional<std::uint32_t> register_value(std::string_view name, const kernel::UserRegisters& registers) {
  if (const auto number = core_register(name)) return registers.r[*number];
  if (name == "cpsr") return registers.cpsr.raw();
  return std::nullopt;
}

Expected<std::uint32_t, Error> term(std::string_view text, Debugger& debugger) {
  if (text.empty()) return unexpected(Error{"an address is missing"});
  if (text.front() == '*') {
    LPAEMU_TRY(at, term(trimmed(text.substr(1)), debugger));
    const auto word = peek_word(debugger.mm(), VirtAddr{at});
    if (!word) return unexpected(Error{fmt::format("cannot read memory at {:#010x}", at)});
    return *word;
  }
  if (text.front() == '&') text = trimmed(text.substr(1));
  if (text.front() == '$') {
    if (const auto value = register_value(text.substr(1), debugger.registers())) return *value;
    return unexpected(Error{fmt::format("no register '{}'", text)});
  }
  if (const auto value = number(text)) return *value;
  if (const auto range = debugger.machine().code().range_of(text)) return range->start.raw();
  return unexpected(Error{fmt::format("'{}' is no number, register or symbol", text)});
}

}  // namespace

Expected<std::uint32_t, Error> evaluate(std::string_view text, Debugger& debugger) {
  text = trimmed(text);
  std::uint32_t sum = 0;
  bool minus = false;
  while (true) {
    const std::size_t end = text.find_first_of("+-");
    LPAEMU_TRY(value, term(trimmed(text.substr(0, end)), debugger));
    sum = minus ? sum - value : sum + value;
    if (end == std::string_view::npos) return sum;
    minus = text[end] == '-';
    text.remove_prefix(end + 1);
  }
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
