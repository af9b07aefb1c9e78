// The address space of a process: Linux's mm_struct. VMAs, page tables, counters. [linux include/linux/mm_types.h]
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "lpaemu/kernel_model/errno.h"
#include "lpaemu/kernel_model/events.h"
#include "lpaemu/kernel_model/mm/page_alloc.h"
#include "lpaemu/kernel_model/mm/vm_area.h"
#include "lpaemu/mmu/proc_v7_3level.h"
#include "lpaemu/mmu/walk.h"

namespace lpaemu::kernel {

inline constexpr VirtAddr TASK_SIZE{0xbf000000};  // 3G split [linux-lpae-pte 13]
inline constexpr VirtAddr FIRST_USER_ADDRESS{0x2000};
inline constexpr VirtAddr mmap_min_addr{0x10000};
inline constexpr VirtAddr ELF_ET_DYN_BASE{0x400000};
inline constexpr VirtAddr vectors_base{0xffff0000};  // the kuser page, above TASK_SIZE
inline constexpr std::uint32_t stack_guard_gap = 256 * mmu::PAGE_SIZE;

/// What all address spaces of a machine share.
struct MmContext {
  PageAllocator& pages;
  Cpu& cpu;
  Events& events;
  SoftDirtyMode soft_dirty_mode = SoftDirtyMode::documented;
};

/// Resident pages by kind, as status and smaps count them. [linux include/linux/mm_types_task.h]
struct RssCounters {
  std::uint64_t anon = 0;
  std::uint64_t file = 0;
  std::uint64_t shmem = 0;
  [[nodiscard]] std::uint64_t total() const { return anon + file + shmem; }
};

/// Where the last search for room below mmap_base came to, so that the next one need not pass all VMAs again: no gap
/// between `high` and mmap_base is larger than `largest_passed`. Void once a gap is made there.
/// Linux finds gaps in its tree of VMAs.
struct GapSearch {
  std::optional<VirtAddr> high;  // none: nothing is known yet
  std::uint32_t largest_passed = 0;
};

class mm_struct {
 public:
  /// An address space with empty tables (a pgd page). ENOMEM when RAM is exhausted.
  [[nodiscard]] static Result<std::shared_ptr<mm_struct>> create(MmContext context, Asid asid);
  ~mm_struct();
  mm_struct(const mm_struct&) = delete;
  mm_struct& operator=(const mm_struct&) = delete;

  [[nodiscard]] MmContext& context() { return context_; }
  [[nodiscard]] mmu::PhysicalMemory& memory() { return context_.pages.memory(); }
  [[nodiscard]] const mmu::PhysicalMemory& memory() const { return context_.pages.memory(); }

  // VMAs, ordered by address, keyed by vm_start. Only the files of mm/ change them. A vm_area stays where it is in
  // host memory until it is erased.
  using VmaMap = std::map<VirtAddr, vm_area>;
  [[nodiscard]] const VmaMap& vmas() const { return vmas_; }
  [[nodiscard]] VmaMap& vmas() { return vmas_; }
  /// The first VMA that ends above `va`: it may start above it too. [linux mm/mmap.c:find_vma]
  [[nodiscard]] vm_area* find_vma(VirtAddr va) {
    if (vmacache_ != nullptr && vmacache_->contains(va)) return vmacache_;
    return find_vma_slow(va);
  }
  /// The VMA that contains `va`. [linux include/linux/mm.h:vma_lookup]
  [[nodiscard]] vm_area* vma_lookup(VirtAddr va) {
    vm_area* vma = find_vma(va);
    return vma != nullptr && vma->contains(va) ? vma : nullptr;
  }
  /// The first VMA that overlaps the range. [linux include/linux/mm.h:find_vma_intersection]
  [[nodiscard]] vm_area* find_vma_intersection(VirtRange range);
  /// The neighbours of a VMA in address order; null at the ends.
  [[nodiscard]] vm_area* prev_vma(const vm_area& vma);
  [[nodiscard]] vm_area* next_vma(const vm_area& vma);
  /// The last VMA that begins below `va`.
  [[nodiscard]] vm_area* vma_before(VirtAddr va);
  // Changes that keep the map, its cache and the file's list of mappers in step.
  vm_area& insert_vma(vm_area vma);
  void erase_vma(vm_area& vma);
  void set_vma_start(vm_area& vma, VirtAddr start);

  // Page tables. Level-3 entries change only as set_pte_at changes them (sweeps have the same rule without its cost:
  // src/mm/pgtable.h), table entries only in alloc_table and free_pgtables.
  [[nodiscard]] PhysAddr pgd() const { return pgd_; }
  [[nodiscard]] Asid asid() const { return asid_; }
  [[nodiscard]] mmu::Ttbr ttbr0() const { return mmu::cpu_v7_switch_mm(pgd_, asid_.raw()); }
  [[nodiscard]] const mmu::Regime& regime() const { return regime_; }
  /// The address of the PTE of `va`, if its tables exist.
  [[nodiscard]] std::optional<PhysAddr> pte_offset(VirtAddr va) const {
    if (slot_of(va) != cached_slot_) [[unlikely]] {
      if (!cache_pte_table(va)) return std::nullopt;
    }
    return cached_table_ + std::uint64_t{mmu::index_at(va, mmu::last_level)} * mmu::descriptor_bytes;
  }
  /// The same; makes the tables that are missing: ENOMEM.
  [[nodiscard]] Result<PhysAddr> pte_alloc(VirtAddr va);
  /// The PTE of `va` as stored; zero where there is no table.
  [[nodiscard]] mmu::Pte pte_at(VirtAddr va) const;
  /// The PTE stored at `ptep`.
  [[nodiscard]] mmu::Pte ptep_get(PhysAddr ptep) const;
  /// Stores a PTE: nG for valid user entries, AP[2] derived; emits PteWritten.
  /// [linux arch/arm/mm/mmu.c:set_ptes] [linux-lpae-pte P-29, P-30]
  void set_pte_at(VirtAddr va, PhysAddr ptep, mmu::Pte pte);
  void pte_clear(VirtAddr va, PhysAddr ptep) { set_pte_at(va, ptep, mmu::Pte{}); }
  /// TLBIMVA, with its event. [linux tlbflush.h]
  void flush_tlb_page(VirtAddr va);
  /// One page: TLBIMVA; more: TLBIASID.
  void flush_tlb_range(VirtRange range);
  void flush_tlb_mm();
  /// Frees the tables of `range` that no VMA needs any more; their pages go to `freed`, to be given back after the TLB
  /// flush. Requires: their entries are clear. [linux mm/memory.c:free_pgtables]
  void free_pgtables(VirtRange range, std::vector<Pfn>& freed);

  // Layout and accounting, in bytes or pages as Linux has them.
  VirtAddr start_code, end_code, start_data, end_data;
  VirtAddr start_brk, brk;
  VirtAddr start_stack, arg_start, arg_end, env_start, env_end;
  VirtAddr mmap_base{0xb7000000};
  GapSearch gap_search;
  std::uint64_t total_vm = 0;  // pages
  std::uint64_t data_vm = 0;   // of them private writable, no stack
  std::uint64_t exec_vm = 0;   // executable, not writable
  std::uint64_t stack_vm = 0;
  std::uint64_t hiwater_vm = 0;   // pages, as of the last update
  std::uint64_t locked_vm = 0;    // pages
  std::uint64_t hiwater_rss = 0;  // pages, as of the last update
  RssCounters rss;
  std::uint64_t table_pages = 0;  // level 2 and level 3 tables
  vm_flags_t def_flags = 0;
  std::uint32_t rlimit_stack = 8U << 20;
  std::uint64_t min_flt = 0;
  std::uint64_t maj_flt = 0;
  std::uint32_t anon_vmas = 0;  // anon_vma numbers given out

  /// Notes a new peak of rss and total_vm. Called before they shrink. [linux include/linux/mm.h:update_hiwater_rss]
  void update_hiwater();

 private:
  mm_struct(MmContext context, Asid asid, PhysAddr pgd);

  static constexpr std::uint32_t no_slot = ~std::uint32_t{0};
  /// Which page table (2 MiB) an address belongs to.
  [[nodiscard]] static constexpr std::uint32_t slot_of(VirtAddr va) {
    return va.raw() >> mmu::level_shift(mmu::last_level - 1);
  }
  [[nodiscard]] vm_area* find_vma_slow(VirtAddr va);
  /// Walks to the page table of `va` and remembers it.
  bool cache_pte_table(VirtAddr va) const;
  [[nodiscard]] mmu::Descriptor table_at(PhysAddr entry) const;
  /// pmd_populate and pud_populate: PA | 3, nothing else. [linux-lpae-pte P-4]
  [[nodiscard]] Result<PhysAddr> alloc_table(VirtAddr va, PhysAddr entry, unsigned level);
  void set_table(VirtAddr va, PhysAddr entry, unsigned level, mmu::Descriptor descriptor);
  void tlb_invalidated(TlbScope scope, VirtAddr va);

  MmContext context_;
  Asid asid_;
  PhysAddr pgd_;
  mmu::Regime regime_;
  VmaMap vmas_;
  vm_area* vmacache_ = nullptr;  // the VMA of the last find_vma
  mutable std::uint32_t cached_slot_ = no_slot;
  mutable PhysAddr cached_table_;
};

/// The registers of a Linux SMP LPAE user machine around this TTBR0. [lpae-mmu 11]
[[nodiscard]] mmu::TranslationRegisters user_machine_registers(mmu::Ttbr ttbr0);

}  // namespace lpaemu::kernel
