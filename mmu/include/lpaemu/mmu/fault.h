// MMU faults, and the fault status words that report them in the long-descriptor format. [armv7 B3.13] [lpae-mmu 7]
#pragma once

#include <cstdint>
#include <optional>

#include "lpaemu/mmu/access.h"
#include "lpaemu/mmu/address.h"
#include "lpaemu/mmu/registers.h"

namespace lpaemu::mmu {

enum class FaultKind : std::uint8_t {
  translation,             // level 1 to 3
  access_flag,             // level 1 to 3
  permission,              // level 1 to 3
  external_abort,          // synchronous, on the access itself
  external_abort_on_walk,  // level 1 to 3
  alignment,
  debug_event,
  tlb_conflict,
};

/// A fault as the MMU reports it. `level` is that of the descriptor that stopped the walk, 0 for kinds without one.
struct Fault {
  FaultKind kind;
  unsigned level;
  VirtAddr va;
  Access access;
  Privilege privilege;

  friend constexpr bool operator==(const Fault&, const Fault&) = default;
};

/// The 6-bit STATUS code. [lpae-mmu 7.1]
[[nodiscard]] unsigned fault_status(FaultKind kind, unsigned level);

/// The kind and level behind a STATUS code; nothing for codes that our MMU never reports.
struct FaultStatus {
  FaultKind kind;
  unsigned level;
  friend constexpr bool operator==(const FaultStatus&, const FaultStatus&) = default;
};
[[nodiscard]] std::optional<FaultStatus> decode_fault_status(unsigned status);

/// The word a data abort leaves in DFSR: LPAE set, WnR for a write. Requires: access is read or write.
[[nodiscard]] Dfsr dfsr_of(const Fault& fault);

/// The word a prefetch abort leaves in IFSR. Requires: access is execute.
[[nodiscard]] Ifsr ifsr_of(const Fault& fault);

/// DFSR or IFSR, whichever this fault goes to, as a raw word.
[[nodiscard]] std::uint32_t fsr_word(const Fault& fault);

}  // namespace lpaemu::mmu
