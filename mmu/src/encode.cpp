#include "lpaemu/mmu/encode.h"

#include <fmt/format.h>

#include "lpaemu/mmu/assert.h"
#include "lpaemu/mmu/format.h"
#include "lpaemu/mmu/linux_pmd.h"
#include "lpaemu/mmu/set_ptes.h"

namespace lpaemu::mmu {
namespace {

/// The protection without its memory type and flags.
Pgprot protection_of(const LeafSpec& spec) {
  const VmAccess access = spec.access;
  const bool none = !access.read && !access.write && !access.exec;
  if (none || spec.user) return protection_map(access, Sharing::shared_mapping);
  return L_PTE_RDONLY.with(L_PTE_XN.with(pgprot_kernel(), !access.exec), !access.write);
}

}  // namespace

Expected<Descriptor, std::string> encode_leaf(const LeafSpec& spec, LeafForm form) {
  LPAEMU_ASSERT(spec.level >= first_level && spec.level <= last_level, "level {}", spec.level);
  const bool page = spec.level == last_level;
  if (spec.pa.raw() % (std::uint64_t{1} << level_shift(spec.level)) != 0)
    return unexpected(fmt::format("PA {} is not a multiple of {:#x}, the size of a level {} {}", spec.pa,
                                  std::uint64_t{1} << level_shift(spec.level), spec.level, page ? "page" : "block"));
  if (spec.special && !page) return unexpected(fmt::format("a level {} block has no SPECIAL", spec.level));
  if (form == LeafForm::stored && spec.level == first_level)
    return unexpected(std::string{"Linux stores no blocks of level 1"});

  Pte pte = pfn_pte(spec.pa.pfn(), protection_of(spec));
  pte = L_PTE_MT.with(pte, static_cast<unsigned>(spec.memory));
  pte = L_PTE_SHARED.with(pte, spec.shareability);
  pte = L_PTE_YOUNG.with(pte, spec.young);
  pte = L_PTE_DIRTY.with(pte, spec.dirty);
  pte = L_PTE_SOFT_DIRTY.with(pte, spec.soft_dirty);
  pte = L_PTE_SPECIAL.with(pte, spec.special);
  if (!page) pte = pte_mkhuge(pte);
  if (form == LeafForm::given) return as_descriptor(pte);
  return Descriptor{page ? set_pte_at_value(pte, AddressPart::user) : set_pmd_at_value(Pmd{pte.raw()})};
}

}  // namespace lpaemu::mmu
