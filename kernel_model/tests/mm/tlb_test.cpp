// What a lost TLB invalidation does, call by call: the proof that the TLB of these tests sees a missing one.
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <span>
#include <string_view>

#include "support/guest.h"

using namespace lpaemu;
using namespace lpaemu::kernel;
using namespace lpaemu::kernel::testing;

namespace {

constexpr std::int32_t MADV_DONTNEED = 4, MADV_FREE = 8;
constexpr std::uint32_t pages = 3;
constexpr VirtAddr elsewhere{0x20000000};

/// The fault of a store, handled; the TLB is not asked.
Verdict handle_store_fault(Guest& guest, VirtAddr va) {
  const mmu::Fault fault{mmu::FaultKind::permission, 3, va, mmu::Access::write, mmu::Privilege::pl0};
  return do_abort(guest.mm(), fault, classify(guest.mm(), fault));
}

/// A call that must invalidate, on three pages that were written and are cached.
struct Scene {
  std::string_view name;
  void (*call)(Guest& guest, VirtAddr va);
};

void unmap(Guest& guest, VirtAddr va, std::uint32_t count) {
  REQUIRE(do_munmap(guest.mm(), va, count * page_size).has_value());
}
void protect(Guest& guest, VirtAddr va, std::uint32_t count, std::uint32_t prot) {
  REQUIRE(do_mprotect(guest.mm(), va, count * page_size, prot).has_value());
}
void advise(Guest& guest, VirtAddr va, std::uint32_t count, std::int32_t advice) {
  REQUIRE(do_madvise(guest.mm(), va, count * page_size, advice).has_value());
}
void move(Guest& guest, VirtAddr va, std::uint32_t count) {
  const std::uint32_t bytes = count * page_size;
  REQUIRE(do_mremap(guest.mm(), va, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, elsewhere).has_value());
}

constexpr std::array scenes{
    Scene{"clear_refs 4", [](Guest& g, VirtAddr) { REQUIRE(clear_refs_write(g.mm(), "4").has_value()); }},
    Scene{"mprotect, a page to r", [](Guest& g, VirtAddr va) { protect(g, va, 1, PROT_READ); }},
    Scene{"mprotect, a page to none", [](Guest& g, VirtAddr va) { protect(g, va, 1, 0); }},
    Scene{"mprotect, pages", [](Guest& g, VirtAddr va) { protect(g, va, pages, PROT_READ); }},
    Scene{"munmap, a page", [](Guest& g, VirtAddr va) { unmap(g, va, 1); }},
    Scene{"munmap, pages and tables", [](Guest& g, VirtAddr va) { unmap(g, va, pages); }},
    Scene{"mremap, a page", [](Guest& g, VirtAddr va) { move(g, va, 1); }},
    Scene{"mremap, pages", [](Guest& g, VirtAddr va) { move(g, va, 2); }},
    Scene{"MADV_DONTNEED", [](Guest& g, VirtAddr va) { advise(g, va, 1, MADV_DONTNEED); }},
    Scene{"MADV_FREE", [](Guest& g, VirtAddr va) { advise(g, va, pages, MADV_FREE); }},
};

VirtAddr written(Guest& guest) {
  const VirtAddr va = guest.map(pages);
  for (std::uint32_t i = 0; i < pages; ++i) guest.store(page_of(va, i));
  return va;
}

}  // namespace

TEST_CASE("a store after clear_refs is lost if its TLBI is", "[mm][tlb][M-56][linux-soft-dirty-2.1]") {
  Guest guest;
  const VirtAddr va = guest.map(1);
  guest.store(va, 1);
  const bool lost = GENERATE(false, true);
  if (lost) guest.cpu().lose_tlbi();
  REQUIRE(clear_refs_write(guest.mm(), "4").has_value());
  REQUIRE_FALSE(guest.soft_dirty(va));
  CHECK(guest.stale_translations().empty() == !lost);  // seen at once

  const auto allowed =
      guest.cpu().tlb().outcomes(guest.mm().memory(), guest.mm().regime(), va, mmu::Access::write, mmu::Privilege::pl0);
  CHECK(allowed.size() == (lost ? 2 : 1));
  REQUIRE_FALSE(allowed.front());
  CHECK(mmu::fsr_word(allowed.front().error()) == 0xa0f);

  const Outcome stored = guest.store(va, 2);
  CHECK(guest.byte_at(va) == 2);
  CHECK(stored.faults() == (lost ? 0 : 1));
  CHECK(guest.soft_dirty(va) == !lost);  // the checkpoint would miss the page
}

TEST_CASE("each call that takes something away is noticed without its TLBI", "[mm][tlb][M-56]") {
  const Scene scene = GENERATE(from_range(scenes));
  CAPTURE(scene.name);
  SECTION("it invalidates") {
    Guest guest;
    const VirtAddr va = written(guest);
    scene.call(guest, va);
    CHECK(guest.stale_translations() == "");
  }
  SECTION("its TLBI is lost") {
    Guest guest;
    const VirtAddr va = written(guest);
    guest.cpu().lose_tlbi();
    scene.call(guest, va);
    CHECK(guest.stale_translations() != "");
    guest.cpu().tlbiall();
    CHECK(guest.stale_translations() == "");
  }
}

TEST_CASE("the page of munmap belongs to somebody else, the old entry still writes to it", "[mm][tlb][M-56]") {
  Guest guest;
  const VirtAddr va = written(guest);
  const Pfn freed = mmu::pte_pfn(guest.pte(va));
  guest.cpu().lose_tlbi();
  unmap(guest, va, 1);
  CHECK(guest.pages().page_of(freed).refcount == 0);
  const auto stale = guest.cpu().tlb().translate(guest.mm().memory(), guest.mm().regime(), va, mmu::Access::write,
                                                 mmu::Privilege::pl0);
  REQUIRE(stale);
  CHECK(stale->pa.pfn() == freed);
}

TEST_CASE("tables that are freed without pages leave the walk caches", "[mm][tlb][munmap][M-55]") {
  Guest guest;
  const VirtAddr va = written(guest);
  advise(guest, va, pages, MADV_DONTNEED);
  CHECK(guest.load(va).done);  // caches the tables again: the last level is there
  advise(guest, va, pages, MADV_DONTNEED);
  const VirtAddr hole = page_of(va, 1);
  static_cast<void>(guest.cpu().tlb().translate(guest.mm().memory(), guest.mm().regime(), hole, mmu::Access::read,
                                                mmu::Privilege::pl0));
  REQUIRE_FALSE(guest.cpu().tlb().tables().empty());
  const bool lost = GENERATE(false, true);
  if (lost) guest.cpu().lose_tlbi();
  unmap(guest, va, pages);
  CHECK(guest.stale_translations().empty() == !lost);
}

TEST_CASE("exit leaves nothing under the ASID", "[mm][tlb][exit][M-57]") {
  Board board;
  Guest guest{board, Asid{3}};
  const VirtAddr va = guest.map(1);
  guest.store(va, 7);
  const auto file = std::make_shared<page_cache>(board.pages, page_size);
  guest.load(guest.map_file(file, 1, PROT_READ, MAP_SHARED));
  const bool lost = GENERATE(false, true);
  CAPTURE(lost);
  if (lost) board.cpu.lose_tlbi();
  CHECK(guest.exit().empty() == !lost);
  Guest next{board, Asid{3}};
  // Not Guest::map, which audits: the next process has the old one's translation.
  REQUIRE(do_mmap(next.mm(), {.addr = va, .length = page_size, .prot = RW, .flags = anon_private | MAP_FIXED}));
  CHECK(next.byte_at(va) == (lost ? 7 : 0));
}

TEST_CASE("a copy takes the old page out of the TLB first", "[mm][tlb][cow][M-59]") {
  Guest guest;
  const VirtAddr va = guest.map(1);
  CHECK(guest.byte_at(va) == 0);  // the zero page is cached
  const bool lost = GENERATE(false, true);
  if (lost) guest.cpu().lose_tlbi();
  CHECK(handle_store_fault(guest, va) == Verdict::cow);
  CHECK(guest.stale_translations().empty() == !lost);
}

TEST_CASE("an entry that became writable is invalidated, or faults once more", "[mm][tlb][fault][M-54][P-52]") {
  Guest guest;
  const VirtAddr va = guest.map(1);
  guest.store(va);
  guest.clear_refs();
  CHECK(guest.byte_at(va) == 1);  // the read-only entry is cached
  SECTION("one fault") { CHECK(guest.store(va).verdicts == std::vector{Verdict::soft_dirty}); }
  SECTION("two, if ptep_set_access_flags does not invalidate") {
    guest.cpu().lose_tlbi();
    CHECK(guest.store(va).verdicts == std::vector{Verdict::soft_dirty, Verdict::spurious});
  }
  SECTION("one more for each spurious fault that does not") {
    guest.cpu().lose_tlbi(0);
    CHECK(handle_store_fault(guest, va) == Verdict::soft_dirty);
    guest.cpu().lose_tlbi(0);
    CHECK(guest.store(va).verdicts == std::vector{Verdict::spurious, Verdict::spurious});
  }
}

TEST_CASE("shared file pages: writeback, truncation and holes reach the TLB", "[mm][tlb][file][M-56]") {
  struct Row {
    std::string_view name;
    void (*call)(page_cache& file);
  };
  static const auto write_nothing = [](std::uint64_t, std::span<const std::byte>) { return true; };
  const auto row = GENERATE(values<Row>({
      {"writeback", [](page_cache& file) { file.writeback(write_nothing); }},
      {"truncate", [](page_cache& file) { file.truncate(0); }},
      {"hole", [](page_cache& file) { file.punch_hole(0, page_size); }},
  }));
  const bool lost = GENERATE(false, true);
  CAPTURE(row.name);
  Guest guest;
  const auto file = std::make_shared<page_cache>(guest.pages(), page_size);
  const VirtAddr va = guest.map_file(file, 1, RW, MAP_SHARED);
  guest.store(va);
  if (lost) guest.cpu().lose_tlbi();
  row.call(*file);
  CHECK(guest.stale_translations().empty() == !lost);
}
