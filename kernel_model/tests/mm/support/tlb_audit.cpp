#include "tlb_audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "lpaemu/mmu/mappings.h"
#include "lpaemu/mmu/print.h"

namespace lpaemu::kernel::testing {
namespace {

using mmu::Access;
using mmu::Privilege;

/// The rights that the stored entry grants, its access flag aside.
mmu::Permissions granted_now(mmu::Pte pte, const mm_struct& mm) {
  if (!mmu::pte_valid(pte)) return {};
  return permissions_of(mmu::Descriptor{pte.raw()}, {}, mm.regime());
}

bool grants_more(mmu::Permissions cached, mmu::Permissions now) {
  for (const Access access : {Access::read, Access::write, Access::execute})
    for (const Privilege privilege : {Privilege::pl0, Privilege::pl1})
      if (cached.allows(access, privilege) && !now.allows(access, privilege)) return true;
  return false;
}

/// The steps of a walk to `va`, as the tables are now.
struct Tables final : mmu::WalkObserver {
  Tables(const mm_struct& mm, VirtAddr va) {
    static_cast<void>(mmu::walk(mm.memory(), mm.regime(), va, Access::read, Privilege::pl0, this));
  }
  void on_step(const mmu::WalkStep& step) override { words[step.level] = step.descriptor; }

  std::array<mmu::Descriptor, mmu::last_level + 1> words{};  // by level
};

}  // namespace

std::string stale_translations(const mmu::Tlb& tlb, const mm_struct& mm) {
  for (const mmu::TlbEntry& entry : tlb.entries()) {
    if (entry.asid.value_or(mm.asid()) != mm.asid()) continue;
    const mmu::Pte now = mm.pte_at(entry.first);
    if (!entry.asid && mmu::pte_none(now)) continue;  // the vectors page, of which this address space knows nothing
    const bool elsewhere = mmu::pte_valid(now) && mmu::pte_pfn(now) != mmu::pte_pfn(mmu::Pte{entry.leaf.raw()});
    if (elsewhere || grants_more(entry.permissions, granted_now(now, mm)))
      return fmt::format("stale TLB entry at {}: cached {}, now {}", entry.first, describe(mmu::Pte{entry.leaf.raw()}),
                         describe(now));
  }
  for (const mmu::CachedTable& table : tlb.tables()) {
    if (table.asid != mm.asid()) continue;
    const mmu::Descriptor now = Tables{mm, table.first}.words[table.level];
    if (now != table.table)
      return fmt::format("stale level {} table at {}: cached {}, now {}", table.level, table.first, table.table, now);
  }
  return {};
}

void touch_all(mmu::Tlb& tlb, const mm_struct& mm) {
  std::set<VirtAddr> cached;
  for (const mmu::TlbEntry& entry : tlb.entries())
    if (entry.asid.value_or(mm.asid()) == mm.asid()) cached.insert(entry.first);
  for (const mmu::Mapping& range : mmu::mappings_of(mm.memory(), mm.regime()).ranges)
    for (std::uint64_t done = 0; done < range.bytes(); done += mmu::PAGE_SIZE)
      if (const VirtAddr va = range.first + static_cast<std::uint32_t>(done); !cached.contains(va))
        static_cast<void>(tlb.translate(mm.memory(), mm.regime(), va, Access::read, Privilege::pl0));
}

std::string left_behind(const mmu::Tlb& tlb, Asid asid) {
  for (const mmu::TlbEntry& entry : tlb.entries())
    if (entry.asid == asid) return fmt::format("TLB entry at {}: {}", entry.first, entry.leaf);
  for (const mmu::CachedTable& table : tlb.tables())
    if (table.asid == asid) return fmt::format("level {} table at {}: {}", table.level, table.first, table.table);
  return {};
}

}  // namespace lpaemu::kernel::testing
