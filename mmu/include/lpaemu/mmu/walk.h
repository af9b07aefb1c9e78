// The table walk: registers, tables, address, access -> translation or fault. [armv7 B3.6, B3.7]
#pragma once

#include "lpaemu/mmu/access.h"
#include "lpaemu/mmu/descriptor.h"
#include "lpaemu/mmu/expected.h"
#include "lpaemu/mmu/fault.h"
#include "lpaemu/mmu/permissions.h"
#include "lpaemu/mmu/physical_memory.h"
#include "lpaemu/mmu/regime.h"
#include "lpaemu/mmu/walk_observer.h"

namespace lpaemu::mmu {

/// What a successful walk found. With the MMU off, level is 0 and there is no leaf.
struct Translation {
  PhysAddr pa;              // of the byte asked for
  unsigned level;           // of the leaf: 1 = 1 GiB, 2 = 2 MiB, 3 = 4 KiB
  Descriptor leaf;          // as stored
  PhysAddr entry;           // address of the leaf descriptor
  Permissions permissions;  // effective: APTable, XNTable, PXNTable, WXN and UWXN taken into account

  friend constexpr bool operator==(const Translation&, const Translation&) = default;
};

/// The six rights of a leaf under these limits and SCTLR.WXN/UWXN. [lpae-mmu 5]
[[nodiscard]] inline Permissions permissions_of(Descriptor leaf, TableLimits limits, const Regime& regime) {
  return regime.permissions().of(leaf, limits);
}

/// Translates `va` for one access. The order of the checks is the architecture's [lpae-mmu 7.3]: translation,
/// access flag, permission, level by level. Never writes memory [lpae-mmu M-33]. `observer` sees every descriptor.
[[nodiscard]] Expected<Translation, Fault> walk(const PhysicalMemory& memory, const Regime& regime, VirtAddr va,
                                                Access access, Privilege privilege, WalkObserver* observer = nullptr);

}  // namespace lpaemu::mmu
