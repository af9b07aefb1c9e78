// The JSON of `lpaemu walk`. Addresses, descriptors and register values are strings in hexadecimal. docs/WALK.md
// describes the members.
#pragma once

#include <nlohmann/json.hpp>

#include "lpaemu/mmu/mapping_diff.h"
#include "lpaemu/mmu/mappings.h"
#include "one_walk.h"

namespace lpaemu::emu::json {

using Json = nlohmann::ordered_json;

[[nodiscard]] Json of(const OneWalk& walk, const mmu::Regime& regime);
[[nodiscard]] Json of(const mmu::Mapping& mapping);
[[nodiscard]] Json of(const mmu::MissingTable& hole);
[[nodiscard]] Json of(const mmu::MappingDifference& difference);

}  // namespace lpaemu::emu::json
