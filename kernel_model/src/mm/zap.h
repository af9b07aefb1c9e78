// Taking pages out of an address space, and freeing them once no TLB can reach them. [linux mm/mmu_gather.c, memory.c]
#pragma once

#include <vector>

#include "lpaemu/kernel_model/mm/mm_struct.h"
#include "lpaemu/kernel_model/mm/page_cache.h"

namespace lpaemu::kernel {

/// Collects the pages and tables that lose their place; `finish` flushes the TLB, then frees them.
class mmu_gather {
 public:
  explicit mmu_gather(mm_struct& mm) : mm_{mm} {}
  ~mmu_gather() { finish(); }
  mmu_gather(const mmu_gather&) = delete;
  mmu_gather& operator=(const mmu_gather&) = delete;

  /// Clears the entries of `range` and drops what they map. [linux mm/memory.c:zap_pte_range, should_zap_page]
  void unmap(vm_area& vma, VirtRange range, EvenCows even_cows = EvenCows::yes);
  /// Frees the tables of `range` that no VMA needs.
  void free_pgtables(VirtRange range) { mm_.free_pgtables(range, freed_); }
  void finish();

 private:
  mm_struct& mm_;
  std::vector<Pfn> freed_;
  VirtRange cleared_;  // hull of the entries that were present
};

/// The counter of the pages that an entry of this VMA maps. [linux include/linux/mm.h:mm_counter]
[[nodiscard]] std::uint64_t& rss_counter(mm_struct& mm, const vm_area& vma, const page& page);

/// The page behind an entry; null for the zero page, which has no struct page for Linux.
/// [linux mm/memory.c:vm_normal_page]
[[nodiscard]] inline page* vm_normal_page(mm_struct& mm, mmu::Pte pte) {
  return mmu::pte_special(pte) ? nullptr : &mm.context().pages.page_of(mmu::pte_pfn(pte));
}

}  // namespace lpaemu::kernel
