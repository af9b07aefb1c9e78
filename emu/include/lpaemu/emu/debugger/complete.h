// Completion at the prompt: commands, what they take, symbols, registers.
#pragma once

#include <string_view>

#include "lpaemu/emu/completion.h"
#include "lpaemu/emu/debugger/debugger.h"

namespace lpaemu::emu {

/// What the last word of a line may be, as far as it is typed.
[[nodiscard]] Completion complete_line(Debugger& debugger, std::string_view before_cursor);

}  // namespace lpaemu::emu
