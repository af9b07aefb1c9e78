#include "lpaemu/kernel_model/mm/verify.h"

#include <fmt/format.h>

#include <map>

#include "lpaemu/kernel_model/mm/page_cache.h"
#include "lpaemu/mmu/print.h"
#include "pgtable.h"
#include "vma.h"
#include "zap.h"

namespace lpaemu::kernel {
namespace {

using mmu::Pte;

/// Collects what the tables say while it compares each entry with its VMA.
class Audit {
 public:
  explicit Audit(mm_struct& mm) : mm_{mm}, pages_{mm.context().pages} {}

  std::string run() {
    check_vmas();
    check_tables();
    check_pages();
    check_counters();
    return std::move(failure_);
  }

 private:
  template <class... Args>
  bool expect(bool condition, fmt::format_string<Args...> message, Args&&... args) {
    if (!condition && failure_.empty()) failure_ = fmt::format(message, std::forward<Args>(args)...);
    return condition;
  }

  static std::string text(const vm_area& vma) {
    return fmt::format("VMA {:#x}..{:#x} flags {:#x}", vma.vm_start.raw(), vma.vm_end.raw(), vma.vm_flags);
  }

  void check_vmas() {
    VirtAddr end;
    std::uint64_t pages = 0, locked = 0;
    for (const auto& [key, vma] : mm_.vmas()) {
      expect(key == vma.vm_start && !vma.range().empty(), "{} has the key {:#x}", text(vma), key.raw());
      expect(vma.vm_start >= end && vma.vm_end <= TASK_SIZE, "{} overlaps or lies beyond TASK_SIZE", text(vma));
      expect(vma.vm_start.is_page_aligned() && vma.vm_end.is_page_aligned(), "{} is not page-aligned", text(vma));
      expect(!exceeds_may_rights(vma.vm_flags), "{} has rights it may not have", text(vma));
      expect(vma.soft_dirty_added.empty() || vma.soft_dirty_added.intersection(vma.range()) == vma.soft_dirty_added,
             "{}: its added pages {:#x}..{:#x} lie outside", text(vma), vma.soft_dirty_added.start.raw(),
             vma.soft_dirty_added.end.raw());
      vm_area fresh = vma;
      vma_set_page_prot(fresh);
      expect(vma.vm_page_prot == fresh.vm_page_prot, "{}: vm_page_prot {:#x}, not {:#x}", text(vma),
             vma.vm_page_prot.raw(), fresh.vm_page_prot.raw());
      end = vma.vm_end;
      pages += vma.pages();
      if (vma.is(VM_LOCKED)) locked += vma.pages();
    }
    expect(mm_.total_vm == pages, "total_vm is {}, the VMAs have {} pages", mm_.total_vm, pages);
    expect(mm_.locked_vm == locked, "locked_vm is {}, the VMAs have {} pages", mm_.locked_vm, locked);
  }

  void check_tables() {
    for_each_table(mm_.pgd(), mmu::first_level, 0);
    expect(mm_.table_pages == tables_, "table_pages is {}, the tables have {}", mm_.table_pages, tables_);
  }

  /// Every entry of a table whose first one maps `base`.
  void for_each_table(PhysAddr table, unsigned level, std::uint64_t base) {
    const std::span<const std::uint64_t> words = mm_.memory().table(table);
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::uint64_t va = base + (std::uint64_t{i} << mmu::level_shift(level));
      if (words[i] == 0) continue;
      if (!expect(va >> 32 == 0, "level {} entry {} maps nothing in 4 GiB: {:#x}", level, i, words[i])) return;
      if (level == mmu::last_level) {
        check_entry(VirtAddr{static_cast<std::uint32_t>(va)}, Pte{words[i]});
        continue;
      }
      const mmu::Descriptor d{words[i]};
      if (!expect(d == mmu::table_descriptor(mmu::table::NextTable.get(d)),
                  "level {} table descriptor {:#x} at {:#x} has attributes", level, d.raw(), va))
        return;
      expect(pages_.page_of(mmu::table::NextTable.get(d)).table, "table {:#x} is no table page", d.raw());
      ++tables_;
      for_each_table(mmu::next_table(d), level + 1, va);
    }
  }

  void check_entry(VirtAddr va, Pte pte) {
    const std::string_view wrong = wrong_with(va, pte);
    const vm_area* vma = va < TASK_SIZE ? mm_.vma_lookup(va) : nullptr;
    if (wrong.empty()) return;
    expect(false, "{}: {}: {} in {}", mmu::to_string(va), wrong, mmu::describe(pte),
           vma != nullptr ? text(*vma) : "no VMA");
  }

  /// What is wrong with an entry, in words; empty when all is well.
  std::string_view wrong_with(VirtAddr va, Pte pte) {
    if (va >= TASK_SIZE) {
      const bool vectors = va == vectors_base && !mmu::PTE_EXT_NG.get(pte) && mmu::PTE_AP2.get(pte);
      return vectors ? "" : "in the kernel's half, and not the vectors page";
    }
    const vm_area* vma = mm_.vma_lookup(va);
    if (vma == nullptr) return "a page outside of all VMAs";
    if (!mmu::pte_present(pte)) return "neither none nor present";
    const std::string_view rights = wrong_rights(*vma, pte);
    return rights.empty() ? wrong_page(*vma, va, pte) : rights;
  }

  static std::string_view wrong_rights(const vm_area& vma, Pte pte) {
    const bool hidden = mmu::pte_protnone(pte);
    if (hidden != !vma.accessible()) return "PROT_NONE is wrong";
    if (hidden) return mmu::pte_valid(pte) || mmu::L_PTE_USER.get(pte) ? "PROT_NONE but the hardware sees it" : "";
    if (!mmu::pte_valid(pte) || !mmu::L_PTE_USER.get(pte) || !mmu::PTE_EXT_PXN.get(pte)) return "no user page";
    if (mmu::PTE_AP2.get(pte) != (!mmu::pte_dirty(pte) || !mmu::pte_write(pte))) return "AP2 is wrong";  // [P-26]
    if (mmu::pte_write(pte) && !vma.is(VM_WRITE)) return "writable";
    if (mmu::pte_exec(pte) != vma.is(VM_EXEC)) return "execute-never is wrong";
    if (!mmu::PTE_EXT_NG.get(pte) && mmu::pte_young(pte)) return "global";  // [P-29]
    // While tracking is on, a store to a page with soft-dirty 0 must fault. [S-55, S-71]
    if (vma.soft_dirty_enabled() && !mmu::pte_soft_dirty(pte) && !mmu::PTE_AP2.get(pte)) return "a store gets lost";
    return "";
  }

  /// Counts the page for its VMA as well.
  std::string_view wrong_page(const vm_area& vma, VirtAddr va, Pte pte) {
    const Pfn pfn = mmu::pte_pfn(pte);
    if (mmu::pte_special(pte) != (pfn == pages_.zero_page())) return "SPECIAL is wrong";
    if (mmu::pte_special(pte)) return mmu::pte_write(pte) || !vma.anonymous() ? "a zero page out of place" : "";
    const page& page = pages_.page_of(pfn);
    ++mapped_[pfn];
    ++rss_counter(*this, vma, page);
    if (page.anon) {
      if (vma.is(VM_SHARED)) return "an anonymous page in a shared mapping";
      if (vma.anon_vma == 0) return "an anonymous page, but the VMA has no anon_vma";
      return page.exclusive || !mmu::pte_write(pte) ? "" : "writable, but shared with others";
    }
    const bool cached = vma.mapping != nullptr && vma.mapping->find_page(vma.linear_page_index(va)) == pfn;
    if (!cached) return "not the page of the file";
    return vma.is(VM_SHARED) || !mmu::pte_write(pte) ? "" : "private, but the file's own page is writable";
  }

  static std::uint64_t& rss_counter(Audit& audit, const vm_area& vma, const page& page) {
    const std::uint64_t& real = kernel::rss_counter(audit.mm_, vma, page);
    if (&real == &audit.mm_.rss.anon) return audit.rss_.anon;
    return &real == &audit.mm_.rss.shmem ? audit.rss_.shmem : audit.rss_.file;
  }

  void check_pages() {
    for (const auto& [pfn, count] : mapped_) {
      const page& page = pages_.page_of(pfn);
      // Other address spaces may map it too, and the page cache holds a reference of its own.
      expect(page.mapcount >= count, "page {:#x}: mapcount {}, {} entries", pfn.raw(), page.mapcount, count);
      const std::uint32_t owners = page.mapcount + (page.anon ? 0 : 1);
      expect(page.refcount >= owners, "page {:#x}: refcount {}, {} owners", pfn.raw(), page.refcount, owners);
      expect(!page.table, "page {:#x} is a table and mapped", pfn.raw());
    }
  }

  void check_counters() {
    const auto same = [this](const char* name, std::uint64_t counter, std::uint64_t found) {
      expect(counter == found, "rss.{} is {}, the tables have {}", name, counter, found);
    };
    same("anon", mm_.rss.anon, rss_.anon);
    same("file", mm_.rss.file, rss_.file);
    same("shmem", mm_.rss.shmem, rss_.shmem);
  }

  mm_struct& mm_;
  PageAllocator& pages_;
  std::map<Pfn, std::uint32_t> mapped_;
  RssCounters rss_;
  std::uint64_t tables_ = 0;
  std::string failure_;
};

}  // namespace

std::string verify(mm_struct& mm) { return Audit{mm}.run(); }

}  // namespace lpaemu::kernel
