// What a fault status word says, in words. [armv7 B3.13.3] [lpae-mmu 7.1]
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lpaemu/mmu/registers.h"

namespace lpaemu::mmu {

/// What a STATUS code means in the long format; all 64 codes have words, reserved ones as well.
struct StatusMeaning {
  std::string_view name;  // "permission fault"
  std::string_view note;  // what it says about the cause; empty for reserved codes
  unsigned level;         // 0 for codes without one
};
/// Requires: status < 64.
[[nodiscard]] StatusMeaning status_meaning(unsigned status);

/// A line for each bit that is reserved or makes the word one of the short format, and for a status code that the
/// register never holds.
[[nodiscard]] std::vector<std::string> warnings_about(Dfsr dfsr);
[[nodiscard]] std::vector<std::string> warnings_about(Ifsr ifsr);

}  // namespace lpaemu::mmu
