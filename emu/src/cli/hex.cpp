#include "lpaemu/emu/cli/hex.h"

#include <fmt/format.h>

#include <array>
#include <iterator>

namespace lpaemu::emu {
namespace {

constexpr std::size_t max_digits = 16;
constexpr unsigned bits_per_digit = 4;
constexpr std::int8_t no_digit = -1;

constexpr std::array<std::int8_t, 256> digit_values = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(no_digit);
  for (unsigned i = 0; i < 10; ++i) values[std::size_t{'0'} + i] = static_cast<std::int8_t>(i);
  for (unsigned i = 0; i < 6; ++i) {
    values[std::size_t{'a'} + i] = static_cast<std::int8_t>(10 + i);
    values[std::size_t{'A'} + i] = static_cast<std::int8_t>(10 + i);
  }
  return values;
}();

}  // namespace

std::optional<std::uint64_t> parse_hex64(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  if (text.empty() || text.size() > max_digits) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    const std::int8_t digit = digit_values[static_cast<unsigned char>(c)];
    if (digit == no_digit) return std::nullopt;
    value = value << bits_per_digit | static_cast<std::uint64_t>(digit);
  }
  return value;
}

std::optional<std::uint64_t> parse_hex(std::string_view text, unsigned bits) {
  constexpr unsigned all_bits = max_digits * bits_per_digit;
  const auto value = parse_hex64(text);
  return value && *value <= ~std::uint64_t{0} >> (all_bits - bits) ? value : std::nullopt;
}

void append_hex16(std::string& text, std::uint64_t value) {
  std::array<char, max_digits> digits{};
  for (std::size_t i = max_digits; i-- > 0; value >>= bits_per_digit) digits[i] = "0123456789abcdef"[value % 16];
  text.append(digits.data(), digits.size());
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t longest = 60;
  std::string out = "'";
  for (const char c : text.substr(0, longest)) {
    if (c >= ' ' && c <= '~')
      out += c;
    else
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
  }
  return out + (text.size() > longest ? "'..." : "'");
}

}  // namespace lpaemu::emu
