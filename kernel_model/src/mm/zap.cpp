#include "zap.h"

#include "pgtable.h"

namespace lpaemu::kernel {

std::uint64_t& rss_counter(mm_struct& mm, const vm_area& vma, const page& page) {
  if (page.anon) return mm.rss.anon;
  const bool special = vma.vm_file == nullptr && !vma.is(VM_MAYSHARE);  // [sigpage] and the like count as files
  return vma.mapping != nullptr && vma.mapping->is_shmem() && !special ? mm.rss.shmem : mm.rss.file;
}

void mmu_gather::unmap(vm_area& vma, VirtRange range, EvenCows even_cows) {
  for_each_pte(mm_, range, [&](PteTable& table, VirtAddr va, mmu::Pte pte) {
    page* page = vm_normal_page(mm_, pte);
    if (page != nullptr && page->anon && even_cows == EvenCows::no) return;
    table.set(va, mmu::Pte{});
    cleared_ = cleared_.hull({va, va + mmu::PAGE_SIZE});
    if (page == nullptr) return;
    --rss_counter(mm_, vma, *page);
    --page->mapcount;
    freed_.push_back(mmu::pte_pfn(pte));
  });
}

void mmu_gather::finish() {
  if (!cleared_.empty()) {
    mm_.flush_tlb_range(cleared_);
  } else if (!freed_.empty()) {
    mm_.flush_tlb_mm();  // only tables: the walk caches may hold them
  }
  for (const Pfn pfn : freed_) mm_.context().pages.put(pfn);
  freed_.clear();
  cleared_ = {};
}

}  // namespace lpaemu::kernel
