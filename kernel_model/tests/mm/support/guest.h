// A tiny machine for tests: loads and stores through a TLB that forgets nothing by itself, the walk and the fault
// handler; every fault and call is audited, and so is what the TLB still holds after it.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>
#include <vector>

#include "fake_cpu.h"
#include "flat_memory.h"
#include "lpaemu/kernel_model/mm/fault.h"
#include "lpaemu/kernel_model/mm/mmap.h"
#include "lpaemu/kernel_model/mm/page_cache.h"
#include "lpaemu/kernel_model/mm/soft_dirty.h"
#include "lpaemu/kernel_model/mm/uaccess.h"
#include "lpaemu/kernel_model/mm/verify.h"
#include "tlb_audit.h"

namespace lpaemu::kernel::testing {

inline constexpr std::uint32_t page_size = mmu::PAGE_SIZE;
inline constexpr std::uint32_t RW = PROT_READ | PROT_WRITE;
inline constexpr std::uint32_t anon_private = MAP_PRIVATE | MAP_ANONYMOUS;
inline constexpr std::uint32_t anon_shared = MAP_SHARED | MAP_ANONYMOUS;

/// Events as they came, without their VMA pointers.
class Recorder final : public Observer {
 public:
  void on_event(const Event& event) override {
    events.push_back(event);
    events.back().vma = nullptr;
  }
  [[nodiscard]] std::vector<Event> of(EventKind kind) const;

  std::vector<Event> events;
};

/// What a load or store met before it got through, or did not.
struct Outcome {
  std::vector<std::uint32_t> fsr;  // of each fault
  std::vector<Verdict> verdicts;   // of each fault
  bool done = false;               // false: a signal

  [[nodiscard]] std::size_t faults() const { return fsr.size(); }
  [[nodiscard]] Verdict last() const { return verdicts.empty() ? Verdict::none : verdicts.back(); }
};

/// RAM, a CPU and what address spaces share.
struct Board {
  static constexpr std::uint64_t default_bytes = 4U << 20;
  explicit Board(SoftDirtyMode mode = SoftDirtyMode::documented, std::uint64_t ram_bytes = default_bytes)
      : memory{PhysAddr{0x8'8000'0000}, ram_bytes},
        pages{memory, cpu, memory.base(), ram_bytes},
        context{pages, cpu, events, mode} {}

  FlatMemory memory;
  FakeCpu cpu;
  Events events;
  PageAllocator pages;
  MmContext context;
};

class Guest {
 public:
  explicit Guest(SoftDirtyMode mode = SoftDirtyMode::documented, std::uint64_t ram_bytes = Board::default_bytes);
  /// Another process on the same board.
  Guest(Board& board, Asid asid);

  [[nodiscard]] Board& board() { return *board_; }
  [[nodiscard]] FakeCpu& cpu() { return board_->cpu; }
  [[nodiscard]] PageAllocator& pages() { return board_->pages; }
  [[nodiscard]] mm_struct& mm() { return *mm_; }
  /// The process exits. Answers what it left in the TLB under its ASID; empty if nothing.
  [[nodiscard]] std::string exit();
  /// It exits as it must: its ASID may be given to the next one.
  void end() { REQUIRE(exit() == ""); }

  // Accesses by user code, one byte.
  Outcome load(VirtAddr va, std::byte* value = nullptr) { return access(va, mmu::Access::read, value); }
  Outcome store(VirtAddr va, std::uint8_t value = 1);
  Outcome fetch(VirtAddr va) { return access(va, mmu::Access::execute, nullptr); }
  [[nodiscard]] std::uint8_t byte_at(VirtAddr va);

  // System calls that must succeed.
  VirtAddr map(std::uint32_t pages, std::uint32_t prot = RW, std::uint32_t flags = anon_private,
               VirtAddr addr = VirtAddr{});
  VirtAddr map_file(const std::shared_ptr<page_cache>& file, std::uint32_t pages, std::uint32_t prot,
                    std::uint32_t flags, std::uint64_t pgoff = 0);
  void unmap(VirtAddr start, std::uint32_t pages);
  void protect(VirtAddr start, std::uint32_t pages, std::uint32_t prot);
  void clear_refs(std::string_view text = "4");

  [[nodiscard]] bool soft_dirty(VirtAddr va) { return pagemap::SOFT_DIRTY.get(pagemap_entry(mm(), va, ShowPfn::no)); }
  /// The bits of consecutive pages, as '0' and '1'.
  [[nodiscard]] std::string soft_dirty_of(VirtAddr start, std::uint32_t pages);
  [[nodiscard]] mmu::Pte pte(VirtAddr va) { return mm().pte_at(va); }
  /// As pte, with the page frame number replaced by that of `PA`.
  [[nodiscard]] std::uint64_t pte_at_pa(VirtAddr va, std::uint64_t pa);
  [[nodiscard]] vm_area& vma(VirtAddr va);
  /// "lo-hi flags" of each VMA, relative to `base` in pages: "0-2 rw 3-4 r".
  [[nodiscard]] std::string layout(VirtAddr base);
  /// What the TLB still grants though the tables do not; empty if nothing.
  [[nodiscard]] std::string stale_translations();
  void audit();

 private:
  Outcome access(VirtAddr va, mmu::Access access, std::byte* value);

  std::unique_ptr<Board> own_board_;
  Board* board_;
  std::shared_ptr<mm_struct> mm_;
};

[[nodiscard]] constexpr VirtAddr page_of(VirtAddr base, std::uint32_t n) { return base + n * page_size; }

}  // namespace lpaemu::kernel::testing
