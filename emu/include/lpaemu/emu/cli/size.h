// Sizes and addresses on the command line: `1G`, `64M`, `0x880000000`.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace lpaemu::emu {

/// A decimal or 0x number with an optional K, M, G or T (powers of 1024); nothing if it is none or does not fit.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);

}  // namespace lpaemu::emu
