// set_ptes and set_pte_at: nG for what a user task may use, then cpu_v7_set_pte_ext. [linux arch/arm/mm/mmu.c:set_ptes]
// [linux-lpae-pte 7]
#pragma once

#include <cstdint>
#include <span>

#include "lpaemu/mmu/linux_pte.h"
#include "lpaemu/mmu/proc_v7_3level.h"

namespace lpaemu::mmu {

/// On which side of TASK_SIZE an entry maps.
enum class AddressPart : std::uint8_t { user, kernel };

/// `pte` with nG if it maps user memory that a task may use right now: the ASID tags it in the TLB. Entries that are
/// invalid, without USER or old stay as they are. [linux-lpae-pte P-29, P-30]
[[nodiscard]] constexpr Pte pte_with_ng(Pte pte, AddressPart part) {
  return Pte{pte.raw() | (part == AddressPart::user && pte_valid_user(pte) ? PTE_EXT_NG.mask : 0)};
}

/// The word that set_pte_at stores for `pte`. nG is decided before NONE clears VALID. [linux-lpae-pte P-31]
[[nodiscard]] constexpr std::uint64_t set_pte_at_value(Pte pte, AddressPart part) {
  return set_pte_ext_value(pte_with_ng(pte, part));
}

/// The words that set_ptes stores for a run of pages that begins with `first`. nG is decided once, for the first entry.
/// [linux-lpae-pte P-29, P-31]
constexpr void set_ptes_values(Pte first, AddressPart part, std::span<std::uint64_t> words) {
  const Pte tagged = pte_with_ng(first, part);
  std::uint32_t pages = 0;
  for (std::uint64_t& word : words) word = set_pte_ext_value(pte_advance_pfn(tagged, pages++));
}

}  // namespace lpaemu::mmu
