#include "lpaemu/emu/cli/size.h"

#include <charconv>
#include <limits>
#include <system_error>

namespace lpaemu::emu {

std::optional<std::uint64_t> parse_size(std::string_view text) {
  constexpr std::string_view units = "KMGT";
  constexpr unsigned bits_per_unit = 10;
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
    base = 16;
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view suffix = text.substr(static_cast<std::size_t>(end - text.data()));
  if (suffix.empty()) return value;

  const auto unit = units.find(static_cast<char>(suffix.front() & ~0x20));  // upper case
  if (unit == std::string_view::npos || suffix.size() != 1) return std::nullopt;
  const unsigned shift = bits_per_unit * (static_cast<unsigned>(unit) + 1);
  if (value > (std::numeric_limits<std::uint64_t>::max() >> shift)) return std::nullopt;
  return value << shift;
}

}  // namespace lpaemu::emu
