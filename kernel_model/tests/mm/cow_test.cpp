// Copy-on-write of a page that two address spaces share, as fork leaves it: made by hand until fork exists.
#include <catch2/catch_test_macros.hpp>

#include "support/guest.h"

using namespace lpaemu;
using namespace lpaemu::kernel;
using namespace lpaemu::kernel::testing;

namespace {

constexpr VirtAddr va{0x10000000};
constexpr std::uint32_t last_byte = page_size - 1;
constexpr std::uint64_t pa = 0x1'2345'6000;

/// What fork does to one private page. [linux mm/memory.c:__copy_present_ptes]
void share_as_fork_does(Guest& parent, Guest& child) {
  const mmu::Pte old = parent.pte(va);
  const Pfn pfn = mmu::pte_pfn(old);
  page& page = parent.pages().page_of(pfn);
  parent.mm().set_pte_at(va, *parent.mm().pte_offset(va), mmu::pte_wrprotect(old));
  parent.mm().flush_tlb_mm();
  child.vma(va).anon_vma = ++child.mm().anon_vmas;
  const auto ptep = child.mm().pte_alloc(va);
  REQUIRE(ptep.has_value());
  child.mm().set_pte_at(va, *ptep, mmu::pte_mkold(mmu::pte_wrprotect(old)));
  parent.pages().get(pfn);
  ++page.mapcount;
  page.exclusive = false;
  ++child.mm().rss.anon;
}

struct Family {
  explicit Family(bool soft_dirty) {
    parent.map(1, RW, anon_private | MAP_FIXED, va);
    child.map(1, RW, anon_private | MAP_FIXED, va);
    parent.store(va, 11);
    parent.store(va + last_byte, 99);
    parent.clear_refs();
    child.clear_refs();
    if (soft_dirty) parent.store(va, 11);
    share_as_fork_does(parent, child);
    parent.audit();
    child.audit();
  }
  Board board;
  Guest parent{board, Asid{1}};
  Guest child{board, Asid{2}};
};

}  // namespace

TEST_CASE("fork: the stored entries", "[mm][cow][P-53][S-61]") {
  Family family{true};
  CHECK(family.parent.pte_at_pa(va, pa) == 0x0CE0'0001'2345'6FDF);
  CHECK(family.child.pte_at_pa(va, pa) == 0x0CE0'0001'2345'6BDF);
}

TEST_CASE("fork: the child's store copies, then the parent's reuses", "[mm][cow][linux-soft-dirty-8]") {
  Family family{false};
  const Outcome stored = family.child.store(va, 22);
  CHECK(stored.fsr == std::vector<std::uint32_t>{0xa0b});  // AF=0: handled as the write fault at once
  CHECK(stored.verdicts == std::vector{Verdict::cow});
  CHECK(family.child.soft_dirty(va));
  CHECK_FALSE(family.parent.soft_dirty(va));
  CHECK(family.parent.byte_at(va) == 11);
  CHECK(family.child.byte_at(va) == 22);
  CHECK(family.child.byte_at(va + last_byte) == 99);
  // Nobody else has the page any more: the parent takes it back.
  CHECK(family.parent.store(va, 33).verdicts == std::vector{Verdict::soft_dirty});
  CHECK(family.parent.soft_dirty(va));
  CHECK(family.child.byte_at(va) == 22);
  family.parent.audit();
  family.child.audit();
}

TEST_CASE("a copy clears and flushes the old entry before it stores the new one", "[mm][cow]") {
  Recorder recorder;
  Family family{false};
  family.board.events.add(recorder);
  family.parent.store(va, 33);
  family.board.events.remove(recorder);
  std::vector<EventKind> kinds;
  for (const Event& event : recorder.events) kinds.push_back(event.kind);
  using enum EventKind;
  REQUIRE(kinds == std::vector{FaultRaised, VmaFound, Decided, PteWritten, TlbInvalidated, PteWritten, Returned});
  CHECK(recorder.events[3].value_after == 0);
  CHECK(recorder.events[5].value_before == 0);
}

TEST_CASE("exit of one side leaves the page to the other", "[mm][cow]") {
  Family family{false};
  family.child.end();
  CHECK(family.parent.store(va, 44).verdicts == std::vector{Verdict::soft_dirty});
  family.parent.audit();
}

TEST_CASE("a copy that finds no page", "[mm][cow]") {
  Family family{false};
  while (family.board.pages.free_pages() != 0) static_cast<void>(family.board.pages.alloc());
  CHECK(family.child.store(va).last() == Verdict::oom);
  CHECK(family.parent.byte_at(va) == 11);
}

TEST_CASE("mprotect gives no write permission to a page that others have too", "[mm][cow][S-71]") {
  Family family{true};
  family.parent.protect(va, 1, PROT_READ);
  family.parent.protect(va, 1, RW);
  CHECK_FALSE(mmu::pte_write(family.parent.pte(va)));
}

TEST_CASE("private file pages: the file keeps its bytes", "[mm][cow][file]") {
  Guest guest;
  const auto file = std::make_shared<page_cache>(guest.pages(), page_size);
  const std::byte before{5};
  REQUIRE(file->write(0, {&before, 1}).has_value());
  REQUIRE(file->write(last_byte, {&before, 1}).has_value());
  const VirtAddr copy = guest.map_file(file, 1, RW, MAP_PRIVATE);
  const VirtAddr shared = guest.map_file(file, 1, RW, MAP_SHARED);
  CHECK(guest.byte_at(copy) == 5);
  guest.store(shared, 6);
  CHECK(guest.byte_at(copy) == 6);  // not copied yet
  guest.store(copy, 7);
  CHECK(guest.byte_at(copy + last_byte) == 5);
  CHECK(guest.byte_at(shared) == 6);
  guest.store(shared, 8);
  CHECK(guest.byte_at(copy) == 7);
  std::byte now{};
  CHECK(file->read(0, {&now, 1}) == 1);
  CHECK(now == std::byte{8});
  CHECK(guest.mm().rss.anon == 1);
  CHECK(guest.mm().rss.shmem == 1);
  const VirtAddr unread = guest.map_file(file, 1, RW, MAP_PRIVATE);
  CHECK(guest.store(unread, 9).verdicts == std::vector{Verdict::file_cow});  // copied without being mapped first
  CHECK(guest.byte_at(unread + last_byte) == 5);
}
