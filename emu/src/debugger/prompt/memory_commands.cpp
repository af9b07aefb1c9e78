// Commands on registers and memory: x, print, set.
#include <fmt/format.h>

#include <array>
#include <bit>
#include <cctype>
#include <charconv>
#include <cstring>

#include "code_view.h"
#include "handlers.h"
#include "lpaemu/emu/blanks.h"
#include "lpaemu/emu/core_registers.h"
#include "lpaemu/emu/debugger/expression.h"
#include "lpaemu/emu/debugger/other_registers.h"
#include "lpaemu/emu/machine/guest_memory.h"
#include "lpaemu/mmu/print.h"
#include "text.h"

namespace lpaemu::emu::commands {
namespace {

/// "/4xw": how many, how printed, how large.
struct Format {
  std::uint32_t count = 1;
  char letter = 'x';
  unsigned size = 4;
};

Expected<Format, Error> parse_format(std::string_view text) {
  Format format;
  std::uint32_t count = 0;
  for (const char c : text) {
    constexpr std::uint32_t most = 1U << 16;
    if (c >= '0' && c <= '9') {
      count = count * 10 + static_cast<std::uint32_t>(c - '0');
      if (count > most) return unexpected(Error{"too many units"});
      continue;
    }
    switch (c) {
      case 'b': format.size = 1; break;
      case 'h': format.size = 2; break;
      case 'w': format.size = 4; break;
      case 'g': format.size = 8; break;
      case 'x':
      case 'd':
      case 'u':
      case 't':
      case 'c':
      case 's':
      case 'f':
      case 'i': format.letter = c; break;
      default: return unexpected(Error{fmt::format("no format '{}'; there are x d u t c f s i, sizes b h w g", c)});
    }
  }
  if (count != 0) format.count = count;
  if (format.letter == 'c') format.size = 1;
  if (format.letter == 'f' && format.size < sizeof(float)) return unexpected(Error{"a float has size w or g"});
  return format;
}

Error set_usage() { return Error{"set $REG = VALUE, set *ADDR = VALUE, or set VARIABLE = VALUE"}; }

Error unreadable(VirtAddr va) { return Error{fmt::format("cannot read memory at {}", mmu::to_string(va))}; }

std::string unit(const Format& format, std::uint64_t value) {
  constexpr unsigned bits_per_byte = 8, word_bits = 64;
  const unsigned unused = word_bits - format.size * bits_per_byte;
  switch (format.letter) {
    case 'd': return fmt::to_string(static_cast<std::int64_t>(value << unused) >> unused);
    case 'u': return fmt::to_string(value);
    case 'f':
      return format.size == sizeof(double) ? fmt::to_string(std::bit_cast<double>(value))
                                           : fmt::to_string(std::bit_cast<float>(static_cast<std::uint32_t>(value)));
    case 't': return fmt::format("{:#b}", value);
    case 'c': {
      const auto c = static_cast<unsigned char>(value);
      return std::isprint(c) != 0 ? fmt::format("{} '{}'", value, static_cast<char>(c)) : fmt::format("{}", value);
    }
    default: return fmt::format("{:#0{}x}", value, format.size * 2 + 2);
  }
}

CommandResult examine_units(Debugger& debugger, VirtAddr va, const Format& format) {
  constexpr std::uint32_t line_bytes = 16;
  std::string text;
  const std::uint32_t per_line = line_bytes / format.size;
  for (std::uint32_t i = 0; i < format.count; ++i) {
    const VirtAddr at = va + i * format.size;
    const auto bytes = peek(debugger.mm(), at, format.size);
    if (!bytes) return unexpected(unreadable(at));
    std::uint64_t value = 0;
    std::memcpy(&value, bytes->data(), format.size);
    if (i % per_line == 0) text += (i == 0 ? "" : "\n") + with_symbol(at, debugger) + ":";
    text += " " + unit(format, value);
  }
  return says(text + "\n");
}

CommandResult examine_strings(Debugger& debugger, VirtAddr va, std::uint32_t count) {
  constexpr std::size_t longest = 200;
  std::string text;
  for (; count > 0; --count) {
    std::string string;
    VirtAddr at = va;
    for (std::array<std::byte, 1> c{}; string.size() < longest; at += 1) {
      if (peek(debugger.mm(), at, c) != 1) return unexpected(unreadable(at));
      if (c[0] == std::byte{0}) break;
      const auto byte = std::to_integer<unsigned char>(c[0]);
      string += std::isprint(byte) != 0 ? std::string(1, static_cast<char>(byte)) : fmt::format("\\{:03o}", byte);
    }
    text += fmt::format("{}: \"{}\"\n", with_symbol(va, debugger), string);
    va = at + 1U;
  }
  return says(text);
}

CommandResult examine_instructions(Debugger& debugger, VirtAddr va, std::uint32_t count) {
  CodeReader& code = debugger.machine().code();
  const VirtAddr pc = debugger.registers().pc();
  std::string text;
  for (; count > 0; --count) {
    const InstructionSet set = set_at(debugger, va);
    const auto encoding = code.instruction_at(va, set);
    if (!encoding) return unexpected(unreadable(va));
    text += fmt::format("{} {}: {}\n", va == pc ? "=>" : "  ", with_symbol(va, debugger), code.explained_at(va, set));
    va += encoding->size;
  }
  return says(text);
}

/// CP15's or VFP's, if that is all of the text: it may have 64 bits.
std::optional<OtherRegister> whole_register(Debugger& debugger, std::string_view text) {
  return text.starts_with('$') ? other_register(debugger.machine(), text.substr(1)) : std::nullopt;
}

/// The bytes of a variable of a word or less, if `text` is its name and no more.
std::optional<kernel::VirtRange> small_variable(Debugger& debugger, std::string_view text) {
  const auto range = debugger.machine().code().range_of(text);
  const kernel::vm_area* const vma = range ? debugger.mm().vma_lookup(range->start) : nullptr;
  const bool data = vma != nullptr && !vma->is(kernel::VM_EXEC);
  return data && !range->empty() && range->bytes() <= sizeof(std::uint32_t) ? range : std::nullopt;
}

/// Names mean addresses: what is there as well.
std::string what_it_holds(Debugger& debugger, std::string_view text) {
  const auto variable = small_variable(debugger, text);
  if (!variable) return {};
  std::uint32_t value = 0;
  const auto bytes = std::as_writable_bytes(std::span{&value, 1}).first(variable->bytes());
  if (peek(debugger.mm(), variable->start, bytes) != bytes.size()) return {};
  return fmt::format(", which holds {:#x} ({})", value, value);
}

CommandResult print_as(Debugger& debugger, char letter, std::string_view text) {
  Format format{.letter = letter};
  std::uint64_t value = 0;
  if (const auto reg = whole_register(debugger, text)) {
    if (reg->bits > 64) return unexpected(Error{"128 bits have no format; print the halves, or without one"});
    value = reg->value;
    format.size = reg->bits / 8;
  } else {
    LPAEMU_TRY(found, evaluate(text, debugger));
    value = found;
  }
  if (letter == 'a') return says(with_symbol(VirtAddr{static_cast<std::uint32_t>(value)}, debugger) + "\n");
  if (letter == 'c') value &= 0xff;
  return says((letter == 'x' ? fmt::format("{:#x}", value) : unit(format, value)) + "\n");
}

/// Also of more than 32 bits, and with a point.
Expected<std::uint64_t, Error> value_of(std::string_view text, unsigned bits, Debugger& debugger) {
  const auto read = [](std::string_view digits, auto& value, auto... how) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, how...);
    return error == std::errc{} && end == digits.data() + digits.size();
  };
  text = trimmed(text);
  double number = 0;
  if (text.find('.') != std::string_view::npos && read(text, number))
    return bits == 32 ? std::bit_cast<std::uint32_t>(static_cast<float>(number)) : std::bit_cast<std::uint64_t>(number);
  if (const auto reg = whole_register(debugger, text); reg && reg->bits == bits) return reg->value;
  std::int64_t negative = 0;
  if (bits == 64 && text.starts_with('-') && read(text, negative)) return static_cast<std::uint64_t>(negative);
  std::uint64_t value = 0;
  if (text.starts_with("0x") ? read(text.substr(2), value, 16) : read(text, value)) return value;
  return evaluate(text, debugger);
}

Expected<void, Error> assign_register(Debugger& debugger, std::string_view name, std::string_view text) {
  const auto number = core_register(name);
  if (number || name == "cpsr") {
    LPAEMU_TRY(value, evaluate(text, debugger));
    kernel::UserRegisters registers = debugger.registers();
    if (number)
      registers.r[*number] = value;
    else
      registers.cpsr = with_user_bits(registers.cpsr, mmu::Psr{value});
    debugger.set_registers(registers);
    return {};
  }
  const auto reg = other_register(debugger.machine(), name);
  if (!reg) return unexpected(Error{fmt::format("no register '${}'", name)});
  LPAEMU_TRY(value, value_of(text, reg->bits, debugger));
  if (reg->bits < 64 && value >> reg->bits != 0)
    return unexpected(Error{fmt::format("{:#x} does not fit into ${}", value, name)});
  if (set_other_register(debugger.machine(), name, value)) return {};
  return unexpected(Error{fmt::format("${} cannot be set{}", name, name.starts_with('q') ? "; its halves can" : "")});
}

}  // namespace

CommandResult do_examine(Debugger& debugger, std::string_view arguments) {
  Format format;
  if (arguments.starts_with('/')) {
    const std::string_view given = words(arguments).front().substr(1);
    LPAEMU_TRY(parsed, parse_format(given));
    format = parsed;
    arguments.remove_prefix(given.size() + 1);
  }
  LPAEMU_TRY(at, evaluate(arguments, debugger));
  if (format.letter == 's') return examine_strings(debugger, VirtAddr{at}, format.count);
  if (format.letter == 'i') return examine_instructions(debugger, VirtAddr{at & ~1U}, format.count);
  return examine_units(debugger, VirtAddr{at}, format);
}

CommandResult do_print(Debugger& debugger, std::string_view arguments) {
  if (arguments.starts_with('/')) {
    const std::string_view format = words(arguments).front();
    const std::string_view letter = format.substr(1);
    if (letter.size() != 1 || std::string_view{"xdutcaf"}.find(letter) == std::string_view::npos)
      return unexpected(Error{fmt::format("no format '{}'; there are /x /d /u /t /c /a /f", format)});
    return print_as(debugger, letter.front(), trimmed(arguments.substr(format.size())));
  }
  if (const auto reg = whole_register(debugger, arguments))
    return says(describe_register(arguments.substr(1), *reg) + "\n");
  LPAEMU_TRY(value, evaluate(arguments, debugger));
  const std::string symbol = debugger.machine().code().symbol(VirtAddr{value});
  return says(fmt::format("{:#x} ({}){}{}\n", value, value, symbol.empty() ? "" : " <" + symbol + ">",
                          what_it_holds(debugger, arguments)));
}

CommandResult do_set(Debugger& debugger, std::string_view arguments) {
  const std::size_t equals = arguments.find('=');
  if (equals == std::string_view::npos) return unexpected(set_usage());
  const std::string_view place = trimmed(arguments.substr(0, equals));
  const std::string_view text = arguments.substr(equals + 1);
  if (place.starts_with('$')) {
    LPAEMU_TRY_VOID(assign_register(debugger, place.substr(1), text));
    return says({});
  }
  const auto variable = small_variable(debugger, place);
  if (!variable && !place.starts_with('*')) return unexpected(set_usage());
  LPAEMU_TRY(value, evaluate(text, debugger));
  LPAEMU_TRY(at, evaluate(variable ? place : place.substr(1), debugger));
  const std::size_t size = variable ? variable->bytes() : sizeof value;
  if (poke(debugger.mm(), VirtAddr{at}, std::as_bytes(std::span{&value, 1}).first(size)) != size)
    return unexpected(Error{fmt::format("cannot write memory at {:#010x}", at)});
  return says({});
}

}  // namespace lpaemu::emu::commands
