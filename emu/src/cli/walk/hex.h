// Hexadecimal numbers on the command line: register values, addresses.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace lpaemu::emu {

/// A number in hexadecimal digits, with or without 0x; nothing if it is none or has more than `bits` bits.
[[nodiscard]] std::optional<std::uint64_t> parse_hex(std::string_view text, unsigned bits);

}  // namespace lpaemu::emu
