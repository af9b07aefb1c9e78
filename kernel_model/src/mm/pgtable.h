// Page tables in sweeps: one lookup a table, plain loads and stores inside it.
#pragma once

#include <cstring>
#include <span>

#include "lpaemu/kernel_model/mm/mm_struct.h"
#include "lpaemu/mmu/set_ptes.h"

namespace lpaemu::kernel {

/// How much one page table maps.
inline constexpr std::uint32_t PMD_SIZE = std::uint32_t{1} << mmu::level_shift(mmu::last_level - 1);

/// Where the 2 MiB slot of `va` begins.
[[nodiscard]] constexpr VirtAddr pmd_start(VirtAddr va) { return VirtAddr{va.raw() - va.raw() % PMD_SIZE}; }

/// On which side of TASK_SIZE an address lies: below it entries become nG. [linux arch/arm/mm/mmu.c:set_ptes] [P-29]
[[nodiscard]] constexpr mmu::AddressPart address_part(VirtAddr va) {
  return va < TASK_SIZE ? mmu::AddressPart::user : mmu::AddressPart::kernel;
}

/// The word that is stored for `pte` at `va`, by set_pte_at and by sweeps.
[[nodiscard]] constexpr std::uint64_t stored_word(VirtAddr va, mmu::Pte pte) {
  return mmu::set_pte_at_value(pte, address_part(va));
}

/// One page table, open for a sweep. It stores what set_pte_at would; while nobody listens that costs one plain store.
class PteTable {
 public:
  PteTable(mm_struct& mm, PhysAddr first_entry)
      : mm_{mm},
        table_{first_entry.page()},
        entries_{mm.memory().table(table_)},
        bytes_{mm.memory().page(table_)},
        traced_{mm.context().events.active()} {}

  [[nodiscard]] mmu::Pte get(VirtAddr va) const { return mmu::Pte{entries_[index(va)]}; }
  [[nodiscard]] PhysAddr ptep(VirtAddr va) const { return table_ + std::uint64_t{index(va)} * mmu::descriptor_bytes; }
  /// The entries from `va` on, to the end of the table.
  [[nodiscard]] std::span<const std::uint64_t> from(VirtAddr va) const { return entries_.subspan(index(va)); }

  void set(VirtAddr va, mmu::Pte pte) {
    if (traced_) [[unlikely]]
      return mm_.set_pte_at(va, ptep(va), pte);
    const std::uint64_t word = stored_word(va, pte);
    std::memcpy(bytes_.data() + std::size_t{index(va)} * mmu::descriptor_bytes, &word, sizeof word);
  }

  /// Replaces each present entry of `part` by `change(Pte)`. As set, and fast: nothing in the loop but the entries.
  template <class Change>
  void update_present(VirtRange part, Change change) {
    if (traced_) {
      for (VirtAddr va = part.start; va != part.end; va += mmu::PAGE_SIZE)
        if (const mmu::Pte pte = get(va); mmu::pte_present(pte)) set(va, change(pte));
      return;
    }
    std::byte* const words = bytes_.data() + std::size_t{index(part.start)} * mmu::descriptor_bytes;
    const std::size_t bytes = std::size_t{part.pages()} * mmu::descriptor_bytes;
    for (std::size_t at = 0; at < bytes; at += mmu::descriptor_bytes) {
      std::uint64_t word = 0;
      std::memcpy(&word, words + at, sizeof word);
      if (!mmu::pte_present(mmu::Pte{word})) continue;
      word = stored_word(part.start, change(mmu::Pte{word}));  // a table lies on one side of TASK_SIZE
      std::memcpy(words + at, &word, sizeof word);
    }
  }

 private:
  static unsigned index(VirtAddr va) { return mmu::index_at(va, mmu::last_level); }

  mm_struct& mm_;
  PhysAddr table_;
  std::span<const std::uint64_t> entries_;
  std::span<std::byte> bytes_;
  bool traced_;
};

/// Calls `visit(PteTable&, VirtRange part)` for each table that exists in `range`, with the part of the range it maps.
template <class Visit>
void for_each_pte_table(mm_struct& mm, VirtRange range, Visit visit) {
  // Counted in 64 bits: the range may end at the top of the address space.
  const std::uint64_t end = range.start.raw() + std::uint64_t{range.bytes()};
  for (std::uint64_t at = range.start.raw(); at < end;) {
    const VirtAddr first{static_cast<std::uint32_t>(at)};
    const std::uint64_t next = std::min<std::uint64_t>(std::uint64_t{pmd_start(first).raw()} + PMD_SIZE, end);
    if (const auto ptep = mm.pte_offset(first)) {
      PteTable table{mm, *ptep};
      visit(table, VirtRange{first, VirtAddr{static_cast<std::uint32_t>(next)}});
    }
    at = next;
  }
}

/// Calls `visit(PteTable&, VirtAddr, Pte)` for each entry of `range` that is not none.
template <class Visit>
void for_each_pte(mm_struct& mm, VirtRange range, Visit visit) {
  for_each_pte_table(mm, range, [&visit](PteTable& table, VirtRange part) {
    for (VirtAddr va = part.start; va != part.end; va += mmu::PAGE_SIZE)
      if (const mmu::Pte pte = table.get(va); !mmu::pte_none(pte)) visit(table, va, pte);
  });
}

}  // namespace lpaemu::kernel
