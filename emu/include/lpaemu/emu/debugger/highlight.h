// Colours for what the debugger says: a function of the text alone, so that commands know nothing of them.
#pragma once

#include <string>
#include <string_view>

namespace lpaemu::emu {

/// `text` with SGR sequences around addresses, <symbols>, file:line, errors and the line of the next instruction.
/// Without them it is `text`. [ecma-48 8.3.117]
[[nodiscard]] std::string highlighted(std::string_view text);

}  // namespace lpaemu::emu
