// What would make an access succeed that the MMU refuses.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lpaemu/mmu/access.h"
#include "lpaemu/mmu/address.h"
#include "lpaemu/mmu/field.h"
#include "lpaemu/mmu/physical_memory.h"
#include "lpaemu/mmu/regime.h"

namespace lpaemu::mmu {

/// What stands in the way of an access.
enum class Obstacle : std::uint8_t {
  region_gap,     // the VA lies in neither region [lpae-mmu M-7]
  walks_off,      // TTBCR.EPDx [lpae-mmu M-8]
  no_memory,      // the table lies where there is no memory
  invalid_entry,  // [lpae-mmu M-17]
  reserved_type,  // 01 at level 3 [lpae-mmu M-18]
  prot_none,      // an entry that Linux hides from the hardware [linux-lpae-pte P-15]
  access_flag,    // [lpae-mmu M-32]
  ap1,            // the leaf's rights [lpae-mmu 5]
  ap2,
  xn,
  pxn,
  ap_table0,  // a table's limits [lpae-mmu M-21]
  ap_table1,
  xn_table,
  pxn_table,
  wxn,  // SCTLR [lpae-mmu 5.2]
  uwxn,
};

/// Where a remedy changes something: in a descriptor or in a register. `none` where the new value is not ours to
/// choose.
enum class RemedyPlace : std::uint8_t { none, descriptor, ttbcr, sctlr };

/// One change: clear these bits, set those.
struct Remedy {
  Obstacle obstacle;
  RemedyPlace place;
  unsigned level;  // of the descriptor in the way; 0 for a register
  PhysAddr entry;  // its address
  std::uint64_t clear;
  std::uint64_t set;
  std::string text;  // for people: "AF=0: set AF"

  template <RawWord W>
  [[nodiscard]] constexpr W apply(W word) const {
    return W{static_cast<decltype(word.raw())>((word.raw() & ~clear) | set)};
  }
};

/// A short name for programs: "AF", "AP2", "APTable1", "invalid", ...
[[nodiscard]] std::string_view to_string(Obstacle obstacle);

/// All that must change for this access to succeed, from the registers down to the leaf; nothing if it succeeds.
///
/// Ensures: once all changes are made, and the entry or table that an invalid_entry or no_memory asks for is there and
/// grants the access, the access succeeds. After a region_gap another table is walked; what it holds is not looked at.
[[nodiscard]] std::vector<Remedy> remedies_for(const PhysicalMemory& memory, const Regime& regime, VirtAddr va,
                                               Access access, Privilege privilege);

}  // namespace lpaemu::mmu
