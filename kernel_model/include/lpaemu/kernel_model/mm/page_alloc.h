// Physical pages of guest RAM: allocation, reference counts, the zero page. [linux mm/page_alloc.c]
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "lpaemu/kernel_model/cpu.h"
#include "lpaemu/mmu/assert.h"
#include "lpaemu/mmu/physical_memory.h"

namespace lpaemu::kernel {

/// What Linux keeps in struct page, as far as it is modelled. All zero for a page that was never used. 16 bytes, so
/// that a sweep finds one with a shift.
struct alignas(16) page {
  std::uint32_t refcount = 0;  // owners: page tables, the page cache, the kernel
  std::uint32_t mapcount = 0;  // page-table entries that map it
  bool anon = false;           // PageAnon
  bool exclusive = false;      // PageAnonExclusive: a write-protected page may be reused
  bool table = false;          // holds a page table
  bool dirty = false;          // a file's page that its backing store does not have yet
};

class PageAllocator {
 public:
  /// Hands out the pages of [base, base + bytes). Requires: both page-aligned, RAM behind all of it, at least one page.
  PageAllocator(mmu::PhysicalMemory& memory, Cpu& cpu, PhysAddr base, std::uint64_t bytes);

  /// A zeroed page with one reference, or nothing when RAM is exhausted.
  [[nodiscard]] std::optional<Pfn> alloc_zeroed();
  /// The same with unspecified contents, for callers that fill it whole.
  [[nodiscard]] std::optional<Pfn> alloc();
  void get(Pfn pfn) { ++page_of(pfn).refcount; }
  /// Drops a reference; the last one frees the page.
  void put(Pfn pfn);

  /// Requires: owns(pfn).
  [[nodiscard]] page& page_of(Pfn pfn) { return pages_[index_of(pfn)]; }
  [[nodiscard]] const page& page_of(Pfn pfn) const { return pages_[index_of(pfn)]; }
  /// All of them in order, from that of first_page() on: for sweeps.
  [[nodiscard]] std::span<const page> all_pages() const { return {pages_.get(), total_}; }
  [[nodiscard]] Pfn first_page() const { return first_; }
  [[nodiscard]] bool owns(Pfn pfn) const { return pfn >= first_ && pfn - first_ < total_; }

  /// ZERO_PAGE: always zero, never freed.
  [[nodiscard]] Pfn zero_page() const { return zero_page_; }
  [[nodiscard]] std::uint64_t total_pages() const { return total_; }
  [[nodiscard]] std::uint64_t free_pages() const { return free_.size() + (total_ - never_used_); }
  [[nodiscard]] mmu::PhysicalMemory& memory() { return memory_; }
  /// The 4096 bytes of an owned page.
  [[nodiscard]] std::span<std::byte> bytes(Pfn pfn);
  /// The kernel model stored into this page: tells the CPU, which may have translated code from it.
  void stored_into(Pfn pfn) { cpu_.page_modified(pfn); }

 private:
  [[nodiscard]] std::uint32_t index_of(Pfn pfn) const {
    LPAEMU_ASSERT(owns(pfn), "page frame {:#x} is not of the {} pages from {:#x}", pfn.raw(), total_, first_.raw());
    return pfn - first_;
  }
  /// Takes a page off the free list or the untouched end of RAM; says which.
  struct Taken {
    Pfn pfn;
    bool zero;
  };
  [[nodiscard]] std::optional<Taken> take();

  mmu::PhysicalMemory& memory_;
  Cpu& cpu_;
  Pfn first_;
  struct Free {
    void operator()(page* pages) const { std::free(pages); }
  };
  std::uint32_t total_;
  std::unique_ptr<page[], Free> pages_;  // from calloc: what describes untouched RAM costs the host nothing
  std::vector<Pfn> free_;                // given back; the last one is handed out first, its bytes are still in a cache
  std::uint32_t never_used_ = 0;         // pages from here on were never handed out and are zero
  Pfn zero_page_;
};

}  // namespace lpaemu::kernel
