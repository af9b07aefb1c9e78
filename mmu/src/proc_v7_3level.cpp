#include "lpaemu/mmu/proc_v7_3level.h"

#include <cstddef>

#include "lpaemu/mmu/assert.h"

namespace lpaemu::mmu {
namespace {

/// SCTLR with all bits of these fields set.
template <class... Fields>
constexpr Sctlr all_ones(Fields... fields) {
  return Sctlr{static_cast<std::uint32_t>((fields.mask | ...))};
}

}  // namespace

// g++ picks the wider vectors at run time where the machine has them; not under sanitizers, which are not ready then.
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__)
[[gnu::target_clones("avx2", "default")]]
#endif
void set_pte_ext_values(std::span<const Pte> ptes, std::span<std::uint64_t> words) {
  LPAEMU_ASSERT(ptes.size() == words.size(), "{} PTEs, room for {}", ptes.size(), words.size());
  for (std::size_t i = 0; i < ptes.size(); ++i) words[i] = set_pte_ext_value(ptes[i]);
}

void cpu_v7_set_pte_ext(PhysicalMemory& memory, PhysAddr ptep, Pte pte) {
  const bool stored = memory.write64(ptep, set_pte_ext_value(pte));
  LPAEMU_ASSERT(stored, "no memory at {:#x} for the PTE {:#018x}", ptep.raw(), pte.raw());
}

Ttbr cpu_v7_switch_mm(PhysAddr pgd,
                      std::uint64_t context_id) {  // [linux arch/arm/mm/proc-v7-3level.S:cpu_v7_switch_mm]
  const auto asid = static_cast<std::uint8_t>(context_id);
  return TTBR::ASID.with(TTBR::BADDR.with(Ttbr{}, pgd.raw()), Asid{asid});
}

TtbSetup v7_ttb_setup(VmSplit split, PhysAddr phys_offset, KernelBuild build) {
  // TTB_FLAGS_SMP and TTB_FLAGS_UP, for both halves. [linux arch/arm/mm/proc-v7-3level.S]
  const bool smp = build == KernelBuild::smp;
  const Rgn region = smp ? Rgn::write_back_write_allocate : Rgn::write_back_no_write_allocate;
  const Sh shareability = smp ? Sh::inner_shareable : Sh::non_shareable;
  Ttbcr ttbcr = TTBCR::EAE.with(Ttbcr{}, true);
  ttbcr = TTBCR::SH0.with(TTBCR::ORGN0.with(TTBCR::IRGN0.with(ttbcr, region), region), shareability);
  ttbcr = TTBCR::SH1.with(TTBCR::ORGN1.with(TTBCR::IRGN1.with(ttbcr, region), region), shareability);

  const auto page_offset = static_cast<std::uint32_t>(split);
  if (phys_offset > PhysAddr{std::uint64_t{page_offset}}) return {ttbcr, 0};  // [lpae-mmu M-65]

  // TTBR1 points at the kernel's part of swapper_pg_dir: entries of its page directory while walks start at level 1,
  // else one of the four level-2 tables behind it. [linux pgtable-3level-hwdef.h:TTBR1_OFFSET]
  const std::uint32_t user_gigabytes = page_offset >> level_shift(first_level);
  const std::uint32_t t1sz = user_gigabytes - 1;
  ttbcr = TTBCR::T1SZ.with(ttbcr, t1sz);
  switch (split) {
    case VmSplit::split_1g: return {ttbcr, 0};
    case VmSplit::split_2g: return {ttbcr, user_gigabytes * descriptor_bytes};
    case VmSplit::split_3g: return {ttbcr, PAGE_SIZE * (1 + user_gigabytes)};
  }
  LPAEMU_ASSERT(false, "PAGE_OFFSET {:#x}", page_offset);
}

CrVal v7_crval() {  // [linux arch/arm/mm/proc-v7-3level.S:v7_crval] [lpae-mmu 11.2]
  using namespace SCTLR;
  constexpr Sctlr clear = all_ones(VE, FI, HA, RAZ_15, RR, RAZ_9_8, A);
  constexpr Sctlr ucset = all_ones(XP, U, I, Z, SW, RAO_6, CP15BEN, RAO_4_3, C);
  constexpr Sctlr mmu_only = all_ones(AFE, TRE, V, M);
  return {clear, Sctlr{ucset.raw() | mmu_only.raw()}, ucset};
}

Sctlr apply_crval(Sctlr old) {
  const CrVal crval = v7_crval();
  return Sctlr{(old.raw() & ~crval.clear.raw()) | crval.mmuset.raw()};
}

Mair linux_mair() {  // [linux arch/arm/mm/proc-v7-3level.S:PRRR, NMRR] [lpae-mmu 11.3]
  const auto byte = [](MairCode outer, MairCode inner) {
    return MAIR_ATTR::INNER.with(MAIR_ATTR::OUTER.with(MairByte{}, outer), inner);
  };
  const auto normal = [&byte](MairCode code) { return byte(code, code); };
  // Attr0, UNCACHED, and the unused Attr5 and Attr6 stay Strongly-ordered.
  Mair mair = MAIR::Attr1.with(Mair{}, normal(MairCode::non_cacheable));              // BUFFERABLE
  mair = MAIR::Attr2.with(mair, normal(MairCode::write_through_read_allocate));       // WRITETHROUGH
  mair = MAIR::Attr3.with(mair, normal(MairCode::write_back_read_allocate));          // WRITEBACK
  mair = MAIR::Attr4.with(mair, byte(MairCode::strongly_ordered, MairCode::device));  // DEV_SHARED
  return MAIR::Attr7.with(mair, normal(MairCode::write_back_read_write_allocate));    // WRITEALLOC
}

}  // namespace lpaemu::mmu
