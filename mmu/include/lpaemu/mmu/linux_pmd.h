// Linux's view of a level 2 entry: L_PMD_SECT_*, the pmd_* helpers and set_pmd_at. [linux pgtable-3level.h]
// A section (2 MiB block) has the fields of leaf_fields.inc, as a PTE has; a table has those of table_fields.inc.
#pragma once

#include <cstdint>

#include "lpaemu/mmu/assert.h"
#include "lpaemu/mmu/linux_pte.h"

namespace lpaemu::mmu {

/// A PMD (level 2 entry) as Linux's code handles it, before or after it is stored.
struct Pmd : Word<std::uint64_t, Pmd> {
  using Word::Word;
};

inline constexpr unsigned pmd_level = last_level - 1;

// Linux's names for the fields of a section. There is no SPECIAL. [linux-lpae-pte 2.2]
inline constexpr auto L_PMD_SECT_VALID = leaf::VALID;
inline constexpr auto PMD_TABLE_BIT = leaf::TYPE;
inline constexpr auto PMD_SECT_USER = leaf::AP1;
inline constexpr auto PMD_SECT_AP2 = leaf::AP2;
inline constexpr auto PMD_SECT_S = leaf::SH;
inline constexpr auto PMD_SECT_AF = leaf::AF;
inline constexpr auto PMD_SECT_nG = leaf::nG;
inline constexpr auto PMD_SECT_PXN = leaf::PXN;
inline constexpr auto PMD_SECT_XN = leaf::XN;
inline constexpr auto L_PMD_SECT_DIRTY = leaf::DIRTY;
inline constexpr auto L_PMD_SECT_NONE = leaf::NONE;
inline constexpr auto L_PMD_SECT_RDONLY = leaf::RDONLY;
inline constexpr auto L_PMD_SECT_SOFT_DIRTY = leaf::SOFT_DIRTY;

// Predicates. [linux-lpae-pte 5.1]
[[nodiscard]] constexpr bool pmd_none(Pmd pmd) { return pmd.raw() == 0; }
[[nodiscard]] constexpr bool pmd_table(Pmd pmd) { return L_PMD_SECT_VALID.get(pmd) && PMD_TABLE_BIT.get(pmd); }
[[nodiscard]] constexpr bool pmd_sect(Pmd pmd) { return L_PMD_SECT_VALID.get(pmd) && !PMD_TABLE_BIT.get(pmd); }
[[nodiscard]] constexpr bool pmd_leaf(Pmd pmd) { return pmd_sect(pmd); }
/// Not a pointer to a table, as far as one bit tells.
[[nodiscard]] constexpr bool pmd_bad(Pmd pmd) { return !PMD_TABLE_BIT.get(pmd); }
/// Bit 0 only, unlike pte_present: a PROT_NONE section is not present. [linux-lpae-pte P-35]
[[nodiscard]] constexpr bool pmd_present(Pmd pmd) { return L_PMD_SECT_VALID.get(pmd); }
/// A huge page, an invalidated or PROT_NONE one included. [linux-lpae-pte P-35]
[[nodiscard]] constexpr bool pmd_trans_huge(Pmd pmd) { return !pmd_none(pmd) && !pmd_table(pmd); }
[[nodiscard]] constexpr bool pmd_write(Pmd pmd) { return !L_PMD_SECT_RDONLY.get(pmd); }
[[nodiscard]] constexpr bool pmd_dirty(Pmd pmd) { return L_PMD_SECT_DIRTY.get(pmd); }
[[nodiscard]] constexpr bool pmd_young(Pmd pmd) { return PMD_SECT_AF.get(pmd); }
[[nodiscard]] constexpr bool pmd_soft_dirty(Pmd pmd) { return L_PMD_SECT_SOFT_DIRTY.get(pmd); }
/// Whether a write would fault. [linux pgtable-3level.h:pmd_hugewillfault]
[[nodiscard]] constexpr bool pmd_hugewillfault(Pmd pmd) { return !pmd_young(pmd) || !pmd_write(pmd); }
/// The first page frame of a section.
[[nodiscard]] constexpr Pfn pmd_pfn(Pmd pmd) {
  return output_address(Descriptor{pmd.raw()}, VirtAddr{}, pmd_level).pfn();
}

// Modifiers. Each returns a new value; nothing is stored.
[[nodiscard]] constexpr Pmd pmd_wrprotect(Pmd pmd) { return L_PMD_SECT_RDONLY.with(pmd, true); }
[[nodiscard]] constexpr Pmd pmd_mkwrite_novma(Pmd pmd) { return L_PMD_SECT_RDONLY.with(pmd, false); }
/// Requires: not a table, where the bit is PXNTable. [linux-lpae-pte P-8]
[[nodiscard]] constexpr Pmd pmd_mksoft_dirty(Pmd pmd) {
  LPAEMU_ASSERT(!pmd_table(pmd), "soft-dirty in a table descriptor, {:#x}", pmd.raw());
  return L_PMD_SECT_SOFT_DIRTY.with(pmd, true);
}
/// Requires: not a table. [linux-lpae-pte P-8]
[[nodiscard]] constexpr Pmd pmd_clear_soft_dirty(Pmd pmd) {
  LPAEMU_ASSERT(!pmd_table(pmd), "soft-dirty in a table descriptor, {:#x}", pmd.raw());
  return L_PMD_SECT_SOFT_DIRTY.with(pmd, false);
}
/// Sets DIRTY and SOFT_DIRTY. Requires: not a table. [linux-lpae-pte P-10.4]
[[nodiscard]] constexpr Pmd pmd_mkdirty(Pmd pmd) { return pmd_mksoft_dirty(L_PMD_SECT_DIRTY.with(pmd, true)); }
/// Clears DIRTY and leaves SOFT_DIRTY.
[[nodiscard]] constexpr Pmd pmd_mkclean(Pmd pmd) { return L_PMD_SECT_DIRTY.with(pmd, false); }
[[nodiscard]] constexpr Pmd pmd_mkyoung(Pmd pmd) { return PMD_SECT_AF.with(pmd, true); }
[[nodiscard]] constexpr Pmd pmd_mkold(Pmd pmd) { return PMD_SECT_AF.with(pmd, false); }
/// A section instead of a table.
[[nodiscard]] constexpr Pmd pmd_mkhuge(Pmd pmd) { return PMD_TABLE_BIT.with(pmd, false); }
/// Hidden from the hardware, and still a huge page for Linux.
[[nodiscard]] constexpr Pmd pmd_mkinvalid(Pmd pmd) { return L_PMD_SECT_VALID.with(pmd, false); }

/// Takes USER, XN, RDONLY, VALID and NONE from `newprot`; all else stays. [linux pgtable-3level.h:pmd_modify]
[[nodiscard]] constexpr Pmd pmd_modify(Pmd pmd, Pgprot newprot) {
  return Pmd{pte_modify(Pte{pmd.raw()}, newprot).raw()};  // the same fields as in a PTE
}

/// The section at page frame `pfn` with protection `prot`, whose bit 1 still says page. [linux
/// pgtable-3level.h:pfn_pmd]
[[nodiscard]] constexpr Pmd pfn_pmd(Pfn pfn, Pgprot prot) { return Pmd{pfn_pte(pfn, prot).raw()}; }

/// The word that set_pmd_at stores for `pmd`, unlike set_pte_ext in two ways: AP[2] is derived for invalid and
/// PROT_NONE entries as well, and nG is always added. Requires: the entry maps user memory; Linux has a BUG_ON.
/// [linux pgtable-3level.h:set_pmd_at] [linux-lpae-pte 7, P-34]
[[nodiscard]] constexpr std::uint64_t set_pmd_at_value(Pmd pmd) {
  if (L_PMD_SECT_NONE.get(pmd)) pmd = L_PMD_SECT_VALID.with(pmd, false);
  pmd = PMD_SECT_AP2.with(pmd, !(pmd_write(pmd) && pmd_dirty(pmd)));
  return PMD_SECT_nG.with(pmd, true).raw();
}

}  // namespace lpaemu::mmu
