// Which instructions are calls.
#pragma once

#include "lpaemu/emu/instruction.h"

namespace lpaemu::emu {

/// BL, BLX: the address behind it goes to lr. [armv7 A8.8.25, A8.8.26]
[[nodiscard]] bool is_call(const Encoding& encoding);

}  // namespace lpaemu::emu
