// Values in hex: read and written by hand, because a million of them should take no time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lpaemu::emu {

/// Up to 16 hex digits in either case, with or without 0x; nothing else, no blanks.
[[nodiscard]] std::optional<std::uint64_t> parse_hex64(std::string_view text);

/// The same, of at most `bits` bits. Requires: 0 < bits <= 64.
[[nodiscard]] std::optional<std::uint64_t> parse_hex(std::string_view text, unsigned bits);

/// Appends 16 lower-case digits, without a prefix.
void append_hex16(std::string& text, std::uint64_t value);

/// `text` in quotes, for a message: what cannot be printed as \xNN, and no more than fits a line.
[[nodiscard]] std::string in_quotes(std::string_view text);

}  // namespace lpaemu::emu
