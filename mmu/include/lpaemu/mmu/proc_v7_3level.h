// arch/arm/mm/proc-v7-3level.S as values and functions: how Linux stores a PTE, switches address spaces and sets up the
// MMU of an ARMv7 core with LPAE. [linux arch/arm/mm/proc-v7-3level.S] [linux-lpae-pte 6, 9] [lpae-mmu 11]
#pragma once

#include <cstdint>
#include <span>

#include "lpaemu/mmu/linux_pte.h"
#include "lpaemu/mmu/physical_memory.h"
#include "lpaemu/mmu/registers.h"

namespace lpaemu::mmu {

/// The word that cpu_v7_set_pte_ext stores for `pte`: an invalid entry as it is; a PROT_NONE entry without VALID;
/// else AP[2] := !DIRTY || RDONLY. Written as the bits to flip, without a branch, so that a loop over it is vectorised.
/// [linux-lpae-pte 6]
[[nodiscard]] constexpr std::uint64_t set_pte_ext_value(Pte pte) {
  // All bits of the word moved so that the first field comes to lie where the second is.
  const auto moved = [raw = pte.raw()](auto from, auto to) {
    if constexpr (from.lo >= to.lo) {
      return raw >> (from.lo - to.lo);
    } else {
      return raw << (to.lo - from.lo);
    }
  };
  const std::uint64_t writable = moved(L_PTE_DIRTY, PTE_AP2) & ~moved(L_PTE_RDONLY, PTE_AP2);
  const std::uint64_t hardware = moved(L_PTE_VALID, PTE_AP2) & ~moved(L_PTE_NONE, PTE_AP2);
  const std::uint64_t wrong_ap2 = hardware & ~(pte.raw() ^ writable) & PTE_AP2.mask;
  const std::uint64_t hidden = pte.raw() & moved(L_PTE_NONE, L_PTE_VALID) & L_PTE_VALID.mask;
  return pte.raw() ^ wrong_ap2 ^ hidden;
}

/// The same for many PTEs, at about the speed of a copy. Requires: both spans have the same size.
void set_pte_ext_values(std::span<const Pte> ptes, std::span<std::uint64_t> words);

/// Stores a PTE at physical address `ptep` the way the kernel does, with one 64-bit store.
/// Requires: ptep is a multiple of 8 inside memory.
void cpu_v7_set_pte_ext(PhysicalMemory& memory, PhysAddr ptep, Pte pte);

/// The TTBR0 value that cpu_v7_switch_mm writes: base and ASID at once. [linux-lpae-pte P-41]
/// Only the low 8 bits of the context id are the ASID.
[[nodiscard]] Ttbr cpu_v7_switch_mm(PhysAddr pgd, std::uint64_t context_id);

/// Where the kernel's half of the address space begins. [lpae-mmu 11.1]
enum class VmSplit : std::uint32_t { split_1g = 0x40000000, split_2g = 0x80000000, split_3g = 0xc0000000 };

struct TtbSetup {
  Ttbcr ttbcr;
  std::uint32_t ttbr1_offset;  // bytes added to swapper_pg_dir
};

/// TTBCR and the TTBR1 offset of v7_ttb_setup. T1SZ is set only if PHYS_OFFSET <= PAGE_OFFSET. [lpae-mmu 11.1, M-65]
[[nodiscard]] TtbSetup v7_ttb_setup(VmSplit split, PhysAddr phys_offset, KernelBuild build = KernelBuild::smp);

/// SCTLR := (old & ~clear) | mmuset. [lpae-mmu 11.2]
struct CrVal {
  Sctlr clear;
  Sctlr mmuset;
  Sctlr ucset;
};
[[nodiscard]] CrVal v7_crval();
[[nodiscard]] Sctlr apply_crval(Sctlr old);

/// MAIR1:MAIR0 as Linux programs them: NMRR:PRRR. [lpae-mmu 11.3]
[[nodiscard]] Mair linux_mair();

}  // namespace lpaemu::mmu
