// The caller of a function, by DWARF's call frame information.
#pragma once

#include <elfutils/libdw.h>

#include "lpaemu/emu/loader/symbols.h"

namespace lpaemu::emu {

/// `address`: in the file's own addresses, inside of the instruction that is under way or has called. Nothing: the file
/// says nothing of it, or what it needs is not known.
[[nodiscard]] std::optional<FrameRegisters> caller_by(Dwarf* dwarf, std::uint64_t address, const FrameRegisters& frame,
                                                      const ReadWord& read_word);

}  // namespace lpaemu::emu
