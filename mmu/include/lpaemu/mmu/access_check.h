// The fault of a whole memory access, which may be unaligned and may span two pages: for whoever performs accesses
// itself (a system machine's loads and stores, tests of fault priorities). A walk knows single bytes only.
// [armv7 B3.12.4] [lpae-mmu 7.3]
#pragma once

#include <cstdint>
#include <optional>

#include "lpaemu/mmu/access.h"
#include "lpaemu/mmu/fault.h"
#include "lpaemu/mmu/physical_memory.h"
#include "lpaemu/mmu/regime.h"

namespace lpaemu::mmu {

/// Who asks for the alignment: SCTLR.A and the memory's type, or the instruction in any case (LDRD, LDM, LDREX, ...).
enum class AlignmentRule : std::uint8_t { by_memory, always };

struct MemoryAccess {
  VirtAddr va;
  std::uint32_t size;  // in bytes, not 0
  Access access;
  Privilege privilege;
  std::uint32_t alignment = 1;  // what `va` should be a multiple of: the size, or 4 for LDRD, STRD, LDM and STM
  AlignmentRule rule = AlignmentRule::by_memory;
};

/// The fault of the highest priority; nothing where the access may go ahead. In order [lpae-mmu 7.3]: alignment by
/// SCTLR.A or by the instruction; then for each page, the lower address first [lpae-mmu M-43], what stops the walk,
/// access flag, alignment in Strongly-ordered or Device memory [lpae-mmu M-44], permission. Fault::va lies in the page
/// that faulted [lpae-mmu M-38]. An external abort of the access itself comes last and is the bus's to report.
[[nodiscard]] std::optional<Fault> check_access(const PhysicalMemory& memory, const Regime& regime,
                                                const MemoryAccess& access);

}  // namespace lpaemu::mmu
