// How the mappings of two memory images differ.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lpaemu/mmu/mappings.h"

namespace lpaemu::mmu {

/// A range that the first tables, the second, or both map, and not in the same way. At least one of the two is there;
/// each that is covers exactly the range.
struct MappingDifference {
  VirtAddr first;
  VirtAddr last;
  std::optional<Mapping> before;
  std::optional<Mapping> after;
};

/// Compares byte by byte, by output address, effective attributes and every bit of the leaves; a block and the pages
/// that replace it differ in level. Neighbours that differ in the same way become one.
/// Requires: both come from mappings_of(..., Merge::equal_leaves).
[[nodiscard]] std::vector<MappingDifference> differences(std::span<const Mapping> before,
                                                         std::span<const Mapping> after);

/// What changed in a range that both map: "PA 0x80000000->0x80001000, RDONLY 0->1, PL0 rw- -> r--".
/// Requires: both are there.
[[nodiscard]] std::string describe_changes(const MappingDifference& difference);

}  // namespace lpaemu::mmu
