// Does the TLB still grant what the tables do not grant any more? Then an invalidation is missing. [lpae-mmu M-56]
#pragma once

#include <string>

#include "lpaemu/kernel_model/mm/mm_struct.h"
#include "lpaemu/mmu/tlb.h"

namespace lpaemu::kernel::testing {

/// The first cached translation of this address space that leads elsewhere or grants more than its tables, or the
/// first cached table that is none of its tables any more; empty if there is none. An entry that grants less makes a
/// spurious fault and is allowed [M-54]; a cleared access flag is too: clear_refs 1 to 3 flush nothing [S-16].
[[nodiscard]] std::string stale_translations(const mmu::Tlb& tlb, const mm_struct& mm);

/// Reads each page of the address space through the TLB, so that this holds all that it may.
void touch_all(mmu::Tlb& tlb, const mm_struct& mm);

/// What an address space that is gone left under its ASID; empty if nothing.
[[nodiscard]] std::string left_behind(const mmu::Tlb& tlb, Asid asid);

}  // namespace lpaemu::kernel::testing
