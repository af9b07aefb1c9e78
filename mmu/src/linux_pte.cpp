#include "lpaemu/mmu/linux_pte.h"

namespace lpaemu::mmu {
namespace {

/// What every mapping has: L_PTE_PRESENT, AF, and the memory type of the kernel's cache policy. Multiprocessor kernels
/// force write-allocate and shareable. [linux arch/arm/mm/mmu.c:build_mem_type_table] [linux-lpae-pte P-13]
Pgprot pgprot_base(KernelBuild build) {
  const bool smp = build == KernelBuild::smp;
  const auto type = smp ? L_PTE_MT_TYPE::WRITEALLOC : L_PTE_MT_TYPE::WRITEBACK;
  Pgprot prot = L_PTE_VALID.with(Pgprot{}, true);
  prot = PTE_TABLE_BIT.with(prot, true);
  prot = L_PTE_YOUNG.with(prot, true);
  prot = L_PTE_MT.with(prot, static_cast<unsigned>(type));
  return L_PTE_SHARED.with(prot, smp ? Sh::inner_shareable : Sh::non_shareable);
}

}  // namespace

Pgprot pgprot_user(KernelBuild build) { return PTE_EXT_PXN.with(pgprot_base(build), true); }

Pgprot pgprot_kernel(KernelBuild build) { return L_PTE_DIRTY.with(pgprot_base(build), true); }

Pgprot protection_map(VmAccess access, Sharing sharing,
                      KernelBuild build) {  // [linux arch/arm/mm/mmu.c:protection_map]
  const Pgprot base = pgprot_user(build);
  if (!access.read && !access.write && !access.exec) {  // PAGE_NONE [linux-lpae-pte P-15]
    return L_PTE_NONE.with(L_PTE_RDONLY.with(L_PTE_XN.with(base, true), true), true);
  }
  // A private page is read-only until it has been copied; a shared one until it is dirty. [linux-lpae-pte P-14]
  const bool read_only = !access.write || sharing == Sharing::private_mapping;
  return L_PTE_RDONLY.with(L_PTE_XN.with(L_PTE_USER.with(base, true), !access.exec), read_only);
}

}  // namespace lpaemu::mmu
