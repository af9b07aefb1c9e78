// /proc/PID/pagemap. [linux fs/proc/task_mmu.c:pagemap_pte_range] [linux-soft-dirty 3]
#include <algorithm>

#include "lpaemu/kernel_model/mm/soft_dirty.h"
#include "pgtable.h"
#include "zap.h"

namespace lpaemu::kernel {
namespace {

using mmu::Pte;

/// What the VMA says about its pages, whether or not anything is mapped there. [S-26]
void fill_vma_part(const vm_area& vma, VirtRange range, std::span<std::uint64_t> out) {
  const std::uint64_t dirty = pagemap::SOFT_DIRTY.mask;
  std::fill(out.begin(), out.end(), vma.is(VM_SOFTDIRTY) ? dirty : 0);
  const VirtRange added = vma.soft_dirty_added.intersection(range);
  if (added.empty()) return;
  const auto first = out.begin() + (added.start - range.start) / mmu::PAGE_SIZE;
  std::fill_n(first, added.pages(), dirty);
}

/// Turns stored entries into the bits that they add. [S-21, S-22, S-27]
class Converter {
 public:
  Converter(const PageAllocator& pages, ShowPfn show_pfn)
      : pages_{pages.all_pages()},
        first_{pages.first_page()},
        pfn_mask_{show_pfn == ShowPfn::yes ? pagemap::PFN.mask : 0} {}

  [[nodiscard]] std::uint64_t operator()(Pte pte) const {
    const auto bit = [](bool condition, auto field) { return std::uint64_t{condition} << field.lo; };
    const std::uint64_t word = pagemap::PRESENT.mask | bit(mmu::pte_soft_dirty(pte), pagemap::SOFT_DIRTY) |
                               (mmu::pte_pfn(pte).raw() & pfn_mask_);
    const std::uint32_t index = mmu::pte_pfn(pte) - first_;
    if (mmu::pte_special(pte) || index >= pages_.size()) return word;  // no struct page [vm_normal_page]
    const page& page = pages_[index];
    return word | bit(!page.anon, pagemap::FILE) | bit(page.mapcount == 1, pagemap::MMAP_EXCLUSIVE);
  }

 private:
  std::span<const page> pages_;
  Pfn first_;
  std::uint64_t pfn_mask_;
};

}  // namespace

PagemapEntry pagemap_entry(mm_struct& mm, VirtAddr va, ShowPfn show_pfn) {
  std::uint64_t word = 0;
  pagemap_range(mm, va.page(), {&word, 1}, show_pfn);
  return PagemapEntry{word};
}

void pagemap_range(mm_struct& mm, VirtAddr first, std::span<std::uint64_t> out, ShowPfn show_pfn) {
  LPAEMU_ASSERT(first.is_page_aligned() && first <= TASK_SIZE && out.size() <= (TASK_SIZE - first) / mmu::PAGE_SIZE,
                "{} pagemap entries from {:#x}", out.size(), first.raw());
  const Converter converter{mm.context().pages, show_pfn};
  const VirtRange wanted{first, first + static_cast<std::uint32_t>(out.size()) * mmu::PAGE_SIZE};
  const auto out_of = [&](VirtRange range) {
    return out.subspan((range.start - first) / mmu::PAGE_SIZE, range.pages());
  };
  VirtAddr at = first;
  while (at < wanted.end) {
    vm_area* vma = mm.find_vma_intersection({at, wanted.end});
    const VirtRange range =
        vma != nullptr ? vma->range().intersection({at, wanted.end}) : VirtRange{wanted.end, wanted.end};
    std::ranges::fill(out_of({at, range.start}), 0);
    if (vma == nullptr) return;
    fill_vma_part(*vma, range, out_of(range));
    for_each_pte_table(mm, range, [&](PteTable& table, VirtRange part) {
      const std::span<const std::uint64_t> entries = table.from(part.start);
      const std::span<std::uint64_t> words = out_of(part);
      const Converter convert = converter;  // a copy of its own stays in registers
      for (std::size_t i = 0; i < words.size(); ++i)
        if (entries[i] != 0) words[i] |= convert(Pte{entries[i]});
    });
    at = range.end;
  }
}

}  // namespace lpaemu::kernel
