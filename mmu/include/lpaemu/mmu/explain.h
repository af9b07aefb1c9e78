// What a descriptor says to the hardware and to Linux, in words, and what is odd about it. [lpae-mmu 4]
// [linux-lpae-pte 2]
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lpaemu/mmu/attributes.h"
#include "lpaemu/mmu/descriptor.h"

namespace lpaemu::mmu {

/// The table that names the bits of this word at its level (1 to 3): a table descriptor's, a swap entry's, else a
/// leaf's. An invalid word that is no swap entry is read as a leaf, as set_pte_ext and set_pmd_at do.
[[nodiscard]] std::span<const FieldInfo> fields_of(Descriptor d, unsigned level);

/// Not zero, and not present for Linux: a level 3 word that names a place in a swap area. [linux-lpae-pte 8]
[[nodiscard]] bool is_swap_entry(Descriptor d, unsigned level);

/// "invalid", "table", "block", "page".
[[nodiscard]] std::string_view to_string(Kind kind);
/// "non", "outer", "inner": what `SH=` shows where there is little room.
[[nodiscard]] std::string_view short_name(Sh sh);

/// "Strongly-ordered", "Device", "Normal write-back", ...: the inner half of a MAIR byte names the cacheability.
[[nodiscard]] std::string_view describe_memory(MairByte byte);

/// One line: "page, PL0 read/write, PL1 read/write, XN, PXN, inner shareable, AttrIndx 7 Normal write-back (Linux
/// MAIR), PA 0x123456000, non-global". The rights are those with SCTLR.WXN = UWXN = 0 and without limits from the
/// tables above.
[[nodiscard]] std::string describe_hardware(Descriptor d, unsigned level);

/// One line: "user rw-, dirty, young, soft-dirty, WRITEALLOC, pfn 0x123456"; none, swap entries, tables and sections.
[[nodiscard]] std::string describe_linux(Descriptor d, unsigned level);

/// A line for each bit that is reserved, ignored or at odds with others; none for what Linux itself stores.
[[nodiscard]] std::vector<std::string> warnings_about(Descriptor d, unsigned level);

}  // namespace lpaemu::mmu
