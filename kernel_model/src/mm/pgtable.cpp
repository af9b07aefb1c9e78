// The tables of an address space: looking up, making, storing into and freeing them.
#include "pgtable.h"

#include "lpaemu/kernel_model/mm/mm_struct.h"
#include "lpaemu/mmu/linux_pmd.h"

namespace lpaemu::kernel {
namespace {

PhysAddr entry_in(PhysAddr table, VirtAddr va, unsigned level) {
  return table + std::uint64_t{mmu::index_at(va, level)} * mmu::descriptor_bytes;
}

}  // namespace

mmu::Descriptor mm_struct::table_at(PhysAddr entry) const {
  const auto raw = memory().read64(entry);
  LPAEMU_ASSERT(raw.has_value(), "no memory at {:#x} for a table entry", entry.raw());
  const mmu::Descriptor d{*raw};
  LPAEMU_ASSERT(d.raw() == 0 || mmu::kind_of(d, mmu::pmd_level) == mmu::Kind::table,
                "entry {:#x} at {:#x} is not a table of ours", d.raw(), entry.raw());
  return d;
}

bool mm_struct::cache_pte_table(VirtAddr va) const {
  const mmu::Descriptor pmd = table_at(entry_in(pgd_, va, mmu::first_level));
  if (pmd.raw() == 0) return false;
  const mmu::Descriptor pte = table_at(entry_in(next_table(pmd), va, mmu::pmd_level));
  if (pte.raw() == 0) return false;
  cached_slot_ = slot_of(va);
  cached_table_ = next_table(pte);
  return true;
}

void mm_struct::set_table(VirtAddr va, PhysAddr entry, unsigned level, mmu::Descriptor descriptor) {
  const mmu::Descriptor before = table_at(entry);
  const bool stored = memory().write64(entry, descriptor.raw());
  LPAEMU_ASSERT(stored, "no memory at {:#x} for a table entry", entry.raw());
  cached_slot_ = no_slot;
  if (!context_.events.active()) return;
  context_.events.emit(Event{.kind = EventKind::TableWritten,
                             .address = va,
                             .level = level,
                             .value_before = before.raw(),
                             .value_after = descriptor.raw()});
}

Result<PhysAddr> mm_struct::alloc_table(VirtAddr va, PhysAddr entry, unsigned level) {
  const mmu::Descriptor present = table_at(entry);
  if (present.raw() != 0) return next_table(present);
  const auto pfn = context_.pages.alloc_zeroed();
  if (!pfn) return unexpected(Errno::enomem);
  context_.pages.page_of(*pfn).table = true;
  ++table_pages;
  set_table(va, entry, level, mmu::table_descriptor(*pfn));
  return PhysAddr{*pfn};
}

Result<PhysAddr> mm_struct::pte_alloc(VirtAddr va) {  // [linux mm/memory.c:__pte_alloc]
  if (const auto ptep = pte_offset(va)) return *ptep;
  LPAEMU_TRY(pmd, alloc_table(va, entry_in(pgd_, va, mmu::first_level), mmu::first_level));
  LPAEMU_TRY(table, alloc_table(va, entry_in(pmd, va, mmu::pmd_level), mmu::pmd_level));
  return entry_in(table, va, mmu::last_level);
}

mmu::Pte mm_struct::ptep_get(PhysAddr ptep) const {
  const auto raw = memory().read64(ptep);
  LPAEMU_ASSERT(raw.has_value(), "no memory at {:#x} for a PTE", ptep.raw());
  return mmu::Pte{*raw};
}

mmu::Pte mm_struct::pte_at(VirtAddr va) const {
  const auto ptep = pte_offset(va);
  return ptep ? ptep_get(*ptep) : mmu::Pte{};
}

void mm_struct::set_pte_at(VirtAddr va, PhysAddr ptep, mmu::Pte pte) {
  const mmu::Pte given = mmu::pte_with_ng(pte, address_part(va));
  if (!context_.events.active()) [[likely]]
    return mmu::cpu_v7_set_pte_ext(memory(), ptep, given);
  const mmu::Pte before = ptep_get(ptep);
  mmu::cpu_v7_set_pte_ext(memory(), ptep, given);
  context_.events.emit(Event{.kind = EventKind::PteWritten,
                             .address = va,
                             .level = mmu::last_level,
                             .value_before = before.raw(),
                             .value_after = ptep_get(ptep).raw()});
}

void mm_struct::free_pgtables(VirtRange range, std::vector<Pfn>& freed) {
  // A table goes when no VMA lies in what it maps: those of the range first, then those above them.
  const auto free_level = [&](unsigned level) {
    const std::uint64_t size = std::uint64_t{1} << mmu::level_shift(level);
    const std::uint64_t end = range.start.raw() + std::uint64_t{range.bytes()};
    for (std::uint64_t at = range.start.raw() / size * size; at < end; at += size) {
      const VirtAddr va{static_cast<std::uint32_t>(at)};
      const VirtAddr last{static_cast<std::uint32_t>(at + size - 1)};
      const vm_area* vma = find_vma(va);
      if (vma != nullptr && vma->vm_start <= last) continue;
      PhysAddr entry = entry_in(pgd_, va, mmu::first_level);
      mmu::Descriptor d = table_at(entry);
      if (d.raw() == 0) continue;
      if (level == mmu::pmd_level) {
        entry = entry_in(next_table(d), va, mmu::pmd_level);
        d = table_at(entry);
        if (d.raw() == 0) continue;
      }
      set_table(va, entry, level, mmu::Descriptor{});
      freed.push_back(next_table(d).pfn());
      --table_pages;
    }
  };
  free_level(mmu::pmd_level);
  free_level(mmu::first_level);
}

}  // namespace lpaemu::kernel
