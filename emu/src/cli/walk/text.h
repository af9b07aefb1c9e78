// The text of `lpaemu walk`, piece by piece; each piece is whole lines.
#pragma once

#include <string>

#include "lpaemu/mmu/mapping_diff.h"
#include "lpaemu/mmu/mappings.h"
#include "one_walk.h"

namespace lpaemu::emu::text {

/// An access: a line a level, the result or the fault, and what would make it succeed.
[[nodiscard]] std::string of(const OneWalk& walk, const mmu::Regime& regime);

/// The names of the columns.
[[nodiscard]] std::string mapping_header();
[[nodiscard]] std::string of(const mmu::Mapping& mapping);

/// Why a range is not shown or compared. `image`: "" or "A: ".
[[nodiscard]] std::string of(const mmu::MissingTable& hole, std::string_view image);

/// `-` lines for A, `+` lines for B; a change has both, and a line that names what changed.
[[nodiscard]] std::string of(const mmu::MappingDifference& difference);

}  // namespace lpaemu::emu::text
