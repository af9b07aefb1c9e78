#include "hex.h"

#include <charconv>
#include <limits>
#include <system_error>

namespace lpaemu::emu {

std::optional<std::uint64_t> parse_hex(std::string_view text, unsigned bits) {
  constexpr int base = 16;
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, base);
  if (error != std::errc{} || stop != end) return std::nullopt;
  constexpr unsigned all_bits = std::numeric_limits<std::uint64_t>::digits;
  if (value > std::numeric_limits<std::uint64_t>::max() >> (all_bits - bits)) return std::nullopt;
  return value;
}

}  // namespace lpaemu::emu
