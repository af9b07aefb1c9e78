// Swap entries: what a PTE holds while its page is in a swap area, and the marks it keeps there. [linux pgtable.h,
// include/linux/swapops.h] [linux-lpae-pte 8]
#pragma once

#include <array>
#include <cstdint>

#include "lpaemu/mmu/linux_pte.h"

namespace lpaemu::mmu {

/// The fields of a swap entry: `swp::OFFSET.get(pte)`. They serve Pte and swp_entry_t alike.
namespace swp {
#define F(hi, lo, NAME, type, meaning, citation) inline constexpr BitField<hi, lo, type> NAME{};
#include "lpaemu/mmu/swap_fields.inc"
#undef F
#define F(hi, lo, NAME, type, meaning, citation) FieldInfo{hi, lo, #NAME, meaning, citation},
inline constexpr std::array fields{
#include "lpaemu/mmu/swap_fields.inc"
};
#undef F
static_assert(tiles(fields, 64));
static_assert(PRESENT.mask == (L_PTE_VALID.mask | PTE_TABLE_BIT.mask), "a swap entry is not present");
}  // namespace swp

/// The place of a page: type and offset, without the marks. 32 bits, as Linux's unsigned long. [linux-lpae-pte P-39]
struct swp_entry_t : Word<std::uint32_t, swp_entry_t> {
  using Word::Word;
};

/// How many types there are; swap files have the lower ones. [linux-lpae-pte P-38]
inline constexpr unsigned swp_types = 1U << swp::TYPE.width;

/// Requires: type < swp_types; the offset fits its field.
[[nodiscard]] constexpr swp_entry_t swp_entry(unsigned type, unsigned offset) {
  return swp::OFFSET.with(swp::TYPE.with(swp_entry_t{}, type), offset);
}
[[nodiscard]] constexpr unsigned swp_type(swp_entry_t entry) { return swp::TYPE.get(entry); }
[[nodiscard]] constexpr unsigned swp_offset(swp_entry_t entry) { return swp::OFFSET.get(entry); }

/// Neither none nor present: a swap entry, or one of the types that only look like it. [linux swapops.h:is_swap_pte]
[[nodiscard]] constexpr bool is_swap_pte(Pte pte) { return !pte_none(pte) && !pte_present(pte); }

// The marks of a swap entry. [linux pgtable.h] [linux-lpae-pte P-11]
[[nodiscard]] constexpr bool pte_swp_soft_dirty(Pte pte) { return swp::SOFT_DIRTY.get(pte); }
[[nodiscard]] constexpr Pte pte_swp_mksoft_dirty(Pte pte) { return swp::SOFT_DIRTY.with(pte, true); }
[[nodiscard]] constexpr Pte pte_swp_clear_soft_dirty(Pte pte) { return swp::SOFT_DIRTY.with(pte, false); }
[[nodiscard]] constexpr bool pte_swp_exclusive(Pte pte) { return swp::EXCLUSIVE.get(pte); }
[[nodiscard]] constexpr Pte pte_swp_mkexclusive(Pte pte) { return swp::EXCLUSIVE.with(pte, true); }
[[nodiscard]] constexpr Pte pte_swp_clear_exclusive(Pte pte) { return swp::EXCLUSIVE.with(pte, false); }
/// Without all marks: how two entries are compared. [linux swapops.h:pte_swp_clear_flags] [linux-lpae-pte P-11]
[[nodiscard]] constexpr Pte pte_swp_clear_flags(Pte pte) {
  return pte_swp_clear_soft_dirty(pte_swp_clear_exclusive(pte));
}

/// The place that a PTE names. The marks go first, then the upper word. [linux swapops.h:pte_to_swp_entry]
/// Requires: is_swap_pte(pte). [linux-lpae-pte P-39]
[[nodiscard]] constexpr swp_entry_t pte_to_swp_entry(Pte pte) {
  return swp_entry_t{static_cast<std::uint32_t>(pte_swp_clear_flags(pte).raw())};
}
/// A PTE for this place, without marks. [linux swapops.h:swp_entry_to_pte]
[[nodiscard]] constexpr Pte swp_entry_to_pte(swp_entry_t entry) { return Pte{std::uint64_t{entry.raw()}}; }

}  // namespace lpaemu::mmu
