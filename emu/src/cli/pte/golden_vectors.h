// The vectors that users take into their own tree.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lpaemu::emu {

struct GoldenVector {
  std::string name;
  std::uint64_t in;
  std::uint64_t out;
};

/// The rows of golden_vectors.inc; then every combination of the bits that cpu_v7_set_pte_ext looks at or that lie
/// beside them (VALID, AP2, DIRTY, SPECIAL, NONE, RDONLY, SOFT_DIRTY) over four patterns of the others, computed.
[[nodiscard]] std::vector<GoldenVector> golden_vectors();

}  // namespace lpaemu::emu
