// Instructions that must not be made twice.
//
// Asked to stop at any time, the engine leaves at the start of a block, or behind a load or store, with the PC at that
// instruction: when the guest goes on, the instruction is made again. That changes nothing for nearly all of them,
// since they write their registers, the base among them, behind the last access. It does for
//   - STREX, STREXB, STREXH, STREXD: the second one finds what the first one stored, and fails;
//   - SWP, SWPB: the second one reads what the first one stored;
//   - LDRD with its base as the first register: the engine loads that word over the base before it reads the other.
// In an IT block the engine never leaves.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "lpaemu/emu/instruction.h"

namespace lpaemu::emu {

/// Each of them has four bytes.
inline constexpr unsigned hazard_bytes = 4;

/// Whether this is one. [armv7 A8.8.72, A8.8.212 to A8.8.215, A8.8.229]
[[nodiscard]] bool is_restart_hazard(const Encoding& encoding);

/// The offsets of those in `code`, which begins with an instruction and has nothing else in it.
[[nodiscard]] std::vector<std::uint32_t> find_restart_hazards(std::span<const std::byte> code, InstructionSet set);

}  // namespace lpaemu::emu
