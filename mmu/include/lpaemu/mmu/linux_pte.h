// Linux's view of an LPAE page-table entry: L_PTE_*, the pte_* helpers and the protections. [linux pgtable.h,
// pgtable-3level.h]. One word serves Linux and the hardware [linux-lpae-pte P-1]; its bits are those of
// leaf_fields.inc.
#pragma once

#include <cstdint>

#include "lpaemu/mmu/access.h"
#include "lpaemu/mmu/descriptor.h"
#include "lpaemu/mmu/word.h"

namespace lpaemu::mmu {

/// A PTE (level 3 entry) as Linux's code handles it, before or after it is stored.
struct Pte : Word<std::uint64_t, Pte> {
  using Word::Word;
};

/// The protection part of a PTE: everything but the page frame number.
struct Pgprot : Word<std::uint64_t, Pgprot> {
  using Word::Word;
};

// Linux's names for the leaf fields.
inline constexpr auto L_PTE_VALID = leaf::VALID;
inline constexpr auto PTE_TABLE_BIT = leaf::TYPE;
inline constexpr auto L_PTE_MT = leaf::AttrIndx;
inline constexpr auto L_PTE_USER = leaf::AP1;
inline constexpr auto PTE_AP2 = leaf::AP2;
inline constexpr auto L_PTE_SHARED = leaf::SH;
inline constexpr auto L_PTE_YOUNG = leaf::AF;
inline constexpr auto PTE_EXT_NG = leaf::nG;
inline constexpr auto PTE_EXT_PXN = leaf::PXN;
inline constexpr auto L_PTE_XN = leaf::XN;
inline constexpr auto L_PTE_DIRTY = leaf::DIRTY;
inline constexpr auto L_PTE_SPECIAL = leaf::SPECIAL;
inline constexpr auto L_PTE_NONE = leaf::NONE;
inline constexpr auto L_PTE_RDONLY = leaf::RDONLY;
inline constexpr auto L_PTE_SOFT_DIRTY = leaf::SOFT_DIRTY;

/// L_PTE_MT_*: the memory type, an index into MAIR. [linux-lpae-pte 2.3]
enum class L_PTE_MT_TYPE : unsigned {
  UNCACHED = 0,
  BUFFERABLE = 1,
  WRITETHROUGH = 2,
  WRITEBACK = 3,
  DEV_SHARED = 4,
  WRITEALLOC = 7,
};

// Predicates. [linux-lpae-pte 5]
[[nodiscard]] constexpr bool pte_none(Pte pte) { return pte.raw() == 0; }
/// Present for Linux: bit 0 or bit 1, so that a PROT_NONE page is present. [linux-lpae-pte P-23]
[[nodiscard]] constexpr bool pte_present(Pte pte) { return L_PTE_VALID.get(pte) || PTE_TABLE_BIT.get(pte); }
/// Present for the hardware.
[[nodiscard]] constexpr bool pte_valid(Pte pte) { return L_PTE_VALID.get(pte); }
/// Whether a TLB may hold the entry: an invalidated one counts while its flush is pending. [linux
/// pgtable.h:pte_accessible]
enum class TlbFlush : std::uint8_t { none_pending, pending };
[[nodiscard]] constexpr bool pte_accessible(Pte pte, TlbFlush flush) {
  return flush == TlbFlush::pending ? pte_present(pte) : pte_valid(pte);
}
[[nodiscard]] constexpr bool pte_valid_user(Pte pte) {
  return L_PTE_VALID.get(pte) && L_PTE_USER.get(pte) && L_PTE_YOUNG.get(pte);
}
/// Writable as far as Linux is concerned; AP[2] is not consulted.
[[nodiscard]] constexpr bool pte_write(Pte pte) { return !L_PTE_RDONLY.get(pte); }
[[nodiscard]] constexpr bool pte_dirty(Pte pte) { return L_PTE_DIRTY.get(pte); }
[[nodiscard]] constexpr bool pte_young(Pte pte) { return L_PTE_YOUNG.get(pte); }
[[nodiscard]] constexpr bool pte_exec(Pte pte) { return !L_PTE_XN.get(pte); }
[[nodiscard]] constexpr bool pte_special(Pte pte) { return L_PTE_SPECIAL.get(pte); }
/// PROT_NONE: present for Linux, hidden from the hardware.
[[nodiscard]] constexpr bool pte_protnone(Pte pte) { return pte_present(pte) && L_PTE_NONE.get(pte); }
[[nodiscard]] constexpr bool pte_soft_dirty(Pte pte) { return L_PTE_SOFT_DIRTY.get(pte); }
/// A block instead of a page: hugetlb uses the pte functions on level 2 entries. [linux-lpae-pte P-36]
[[nodiscard]] constexpr bool pte_huge(Pte pte) { return !pte_none(pte) && !PTE_TABLE_BIT.get(pte); }
/// Whether get_user_pages_fast may use the page without a fault. [linux pgtable.h:pte_access_permitted]
[[nodiscard]] constexpr bool pte_access_permitted(Pte pte, Access access) {
  const bool present_user = L_PTE_VALID.get(pte) && PTE_TABLE_BIT.get(pte) && L_PTE_USER.get(pte);
  return present_user && (access != Access::write || pte_write(pte));
}
[[nodiscard]] constexpr Pfn pte_pfn(Pte pte) { return leaf::OA.get(pte); }
/// How hugetlb reads a stored entry: VALID again, which NONE had hidden. [linux hugetlb-3level.h] [linux-lpae-pte P-36]
[[nodiscard]] constexpr Pte huge_ptep_get(Pte stored) {
  return pte_none(stored) ? stored : L_PTE_VALID.with(stored, true);
}
/// Equal but for nG in present entries. [linux pgtable.h:pte_same]
[[nodiscard]] constexpr bool pte_same(Pte a, Pte b) {
  const auto comparable = [](Pte pte) { return pte_present(pte) ? PTE_EXT_NG.with(pte, false) : pte; };
  return comparable(a) == comparable(b);
}

// Modifiers. Each returns a new value; nothing is stored.
[[nodiscard]] constexpr Pte pte_wrprotect(Pte pte) { return L_PTE_RDONLY.with(pte, true); }
[[nodiscard]] constexpr Pte pte_mkwrite_novma(Pte pte) { return L_PTE_RDONLY.with(pte, false); }
[[nodiscard]] constexpr Pte pte_mksoft_dirty(Pte pte) { return L_PTE_SOFT_DIRTY.with(pte, true); }
[[nodiscard]] constexpr Pte pte_clear_soft_dirty(Pte pte) { return L_PTE_SOFT_DIRTY.with(pte, false); }
/// Sets DIRTY and SOFT_DIRTY: many core paths rely on the second. [linux-lpae-pte P-10.4]
[[nodiscard]] constexpr Pte pte_mkdirty(Pte pte) { return pte_mksoft_dirty(L_PTE_DIRTY.with(pte, true)); }
/// Clears DIRTY and leaves SOFT_DIRTY.
[[nodiscard]] constexpr Pte pte_mkclean(Pte pte) { return L_PTE_DIRTY.with(pte, false); }
[[nodiscard]] constexpr Pte pte_mkyoung(Pte pte) { return L_PTE_YOUNG.with(pte, true); }
[[nodiscard]] constexpr Pte pte_mkold(Pte pte) { return L_PTE_YOUNG.with(pte, false); }
[[nodiscard]] constexpr Pte pte_mknexec(Pte pte) { return L_PTE_XN.with(pte, true); }
[[nodiscard]] constexpr Pte pte_mkexec(Pte pte) { return L_PTE_XN.with(pte, false); }
[[nodiscard]] constexpr Pte pte_mkhuge(Pte pte) { return PTE_TABLE_BIT.with(pte, false); }
[[nodiscard]] constexpr Pte pte_mkspecial(Pte pte) { return L_PTE_SPECIAL.with(pte, true); }

/// The same entry `pages` page frames further. [linux pgtable.h:pte_advance_pfn]
[[nodiscard]] constexpr Pte pte_advance_pfn(Pte pte, std::uint32_t pages) {
  return Pte{pte.raw() + std::uint64_t{pages} * PAGE_SIZE};
}

/// Takes XN, RDONLY, USER, NONE and VALID from `newprot`; all else, soft-dirty included, stays.
/// [linux pgtable.h:pte_modify] [linux-lpae-pte P-10.2, P-22]
[[nodiscard]] constexpr Pte pte_modify(Pte pte, Pgprot newprot) {
  constexpr std::uint64_t mask =
      leaf::XN.mask | leaf::RDONLY.mask | leaf::AP1.mask | leaf::NONE.mask | leaf::VALID.mask;
  return Pte{(pte.raw() & ~mask) | (newprot.raw() & mask)};
}

/// The PTE of page frame `pfn` with protection `prot`. [linux pgtable.h:pfn_pte]
[[nodiscard]] constexpr Pte pfn_pte(Pfn pfn, Pgprot prot) { return leaf::OA.with(Pte{prot.raw()}, pfn); }

/// The hardware's reading of the same word.
[[nodiscard]] constexpr Descriptor as_descriptor(Pte pte) { return Descriptor{pte.raw()}; }

/// Access rights of a mapping, in the order of VM_READ, VM_WRITE, VM_EXEC. [linux mm.h]
struct VmAccess {
  bool read = false;
  bool write = false;
  bool exec = false;
};

/// Multiprocessor kernels map user memory shareable and write-allocate. [linux-lpae-pte P-13]
enum class KernelBuild : std::uint8_t { up, smp };
enum class Sharing : std::uint8_t { private_mapping, shared_mapping };

/// The page protection of a mapping: Linux's protection_map. [linux arch/arm/mm/mmu.c] [linux-lpae-pte 4.1]
[[nodiscard]] Pgprot protection_map(VmAccess access, Sharing sharing, KernelBuild build = KernelBuild::smp);

/// pgprot_user and pgprot_kernel of build_mem_type_table. [linux-lpae-pte P-13, P-16]
[[nodiscard]] Pgprot pgprot_user(KernelBuild build = KernelBuild::smp);
[[nodiscard]] Pgprot pgprot_kernel(KernelBuild build = KernelBuild::smp);

// Mappings of devices and DMA buffers: `prot` with another memory type. [linux pgtable.h] [linux-lpae-pte P-18]
[[nodiscard]] constexpr Pgprot pgprot_with_type(Pgprot prot, L_PTE_MT_TYPE type) {
  return L_PTE_MT.with(prot, static_cast<unsigned>(type));
}
[[nodiscard]] constexpr Pgprot pgprot_noncached(Pgprot prot) { return pgprot_with_type(prot, L_PTE_MT_TYPE::UNCACHED); }
[[nodiscard]] constexpr Pgprot pgprot_stronglyordered(Pgprot prot) { return pgprot_noncached(prot); }
[[nodiscard]] constexpr Pgprot pgprot_writecombine(Pgprot prot) {
  return pgprot_with_type(prot, L_PTE_MT_TYPE::BUFFERABLE);
}
[[nodiscard]] constexpr Pgprot pgprot_device(Pgprot prot) {
  const Pgprot device = L_PTE_SHARED.with(pgprot_with_type(prot, L_PTE_MT_TYPE::DEV_SHARED), Sh::inner_shareable);
  return L_PTE_XN.with(L_PTE_DIRTY.with(device, true), true);
}
/// With CONFIG_ARM_DMA_MEM_BUFFERABLE, which ARMv7 kernels have.
[[nodiscard]] constexpr Pgprot pgprot_dmacoherent(Pgprot prot) {
  return L_PTE_XN.with(pgprot_writecombine(prot), true);
}

}  // namespace lpaemu::mmu
