// write(2) on clear_refs, and what "4" does. [linux-soft-dirty 2]
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "support/guest.h"

using namespace lpaemu;
using namespace lpaemu::kernel;
using namespace lpaemu::kernel::testing;
using namespace std::string_view_literals;

TEST_CASE("what clear_refs accepts", "[mm][clear_refs][S-11][S-12]") {
  struct Row {
    std::string_view text;
    std::size_t count;
  };
  const auto row = GENERATE(values<Row>({
      {"4"sv, 1},
      {"4\n"sv, 2},
      {"4\0"sv, 2},
      {" 4 "sv, 3},
      {"+4"sv, 2},
      {"04"sv, 2},
      {"0004"sv, 4},
      {"4\0junk"sv, 6},
      {"\t4\r\n"sv, 4},
      {"4           x"sv, 12},  // the 13th byte is never seen
      {"1"sv, 1},
      {"2"sv, 1},
      {"3"sv, 1},
      {"5"sv, 1},
  }));
  Guest guest;
  CHECK(clear_refs_write(guest.mm(), row.text) == row.count);
}

TEST_CASE("what clear_refs refuses", "[mm][clear_refs][S-11][S-12]") {
  struct Row {
    std::string_view text;
    Errno error;
  };
  const auto row = GENERATE(values<Row>({
      {""sv, Errno::einval},
      {" "sv, Errno::einval},
      {"\0004"sv, Errno::einval},
      {"x"sv, Errno::einval},
      {"4x"sv, Errno::einval},
      {"4 4"sv, Errno::einval},
      {"0x4"sv, Errno::einval},
      {"-4"sv, Errno::einval},
      {"+"sv, Errno::einval},
      {"+-4"sv, Errno::einval},
      {"0"sv, Errno::einval},
      {"6"sv, Errno::einval},
      {"99999999999"sv, Errno::erange},
      {"-2147483649"sv, Errno::erange},
      {"2147483648"sv, Errno::erange},
      {"2147483647"sv, Errno::einval},
  }));
  Guest guest;
  const VirtAddr va = guest.map(1);
  CHECK(clear_refs_write(guest.mm(), row.text) == unexpected(row.error));
  CHECK(guest.soft_dirty(va));
}

TEST_CASE("clear_refs 4 clears flags, then entries, then the TLB", "[mm][clear_refs][linux-soft-dirty-2.1]") {
  Recorder recorder;
  Guest guest;
  const VirtAddr va = guest.map(3);
  guest.store(va);
  guest.load(page_of(va, 1));
  guest.board().events.add(recorder);
  guest.clear_refs();
  guest.board().events.remove(recorder);
  std::vector<EventKind> kinds;
  for (const Event& event : recorder.events) kinds.push_back(event.kind);
  using enum EventKind;
  CHECK(kinds == std::vector{PteWritten, PteWritten, TlbInvalidated, SoftDirtyCleared});
  CHECK(recorder.events[2].scope == TlbScope::asid);
  CHECK_FALSE(guest.vma(va).is(VM_SOFTDIRTY));
}

TEST_CASE("a writable translation does not outlive clear_refs 4", "[mm][clear_refs][linux-soft-dirty-2.1]") {
  // Red if step 5, the flush, is left out: the TLB of this test would still let the store through.
  Guest guest;
  const VirtAddr va = guest.map(1);
  guest.store(va);
  REQUIRE(guest.cpu().cached(va, guest.mm().asid()).has_value());
  guest.clear_refs();
  CHECK(guest.store(va).faults() == 1);
  CHECK(guest.soft_dirty(va));
}

TEST_CASE("clear_refs 4 keeps dirty and young, and takes write permission from all",
          "[mm][clear_refs][linux-soft-dirty-2.1]") {
  Guest guest;
  const VirtAddr va = guest.map(4);
  for (std::uint32_t i = 0; i < 3; ++i) guest.store(page_of(va, i));
  guest.protect(page_of(va, 1), 1, PROT_READ);
  guest.protect(page_of(va, 2), 1, 0);
  guest.clear_refs();
  for (std::uint32_t i = 0; i < 3; ++i) {
    const mmu::Pte pte = guest.pte(page_of(va, i));
    CAPTURE(i);
    CHECK(mmu::pte_dirty(pte));
    CHECK(mmu::pte_young(pte));
    CHECK_FALSE(mmu::pte_write(pte));
    CHECK_FALSE(mmu::pte_soft_dirty(pte));
  }
  CHECK(mmu::pte_none(guest.pte(page_of(va, 3))));
}

TEST_CASE("sweeps store the same words whether or not somebody listens", "[mm][clear_refs][P-29][P-26]") {
  Guest quiet, watched;
  Recorder recorder;
  watched.board().events.add(recorder);
  VirtAddr va;
  for (Guest* guest : {&quiet, &watched}) {
    va = guest->map(4);
    guest->store(va);
    guest->load(va + page_size);
    guest->store(page_of(va, 2));
    guest->clear_refs();
    guest->protect(page_of(va, 2), 2, 0);
  }
  watched.board().events.remove(recorder);
  CHECK(recorder.of(EventKind::PteWritten).size() == 7);
  for (std::uint32_t i = 0; i < 4; ++i) CHECK(quiet.pte(page_of(va, i)) == watched.pte(page_of(va, i)));
  CHECK(mmu::PTE_EXT_NG.get(quiet.pte(va)));
}

TEST_CASE("clear_refs 4 flushes even when nothing is mapped", "[mm][clear_refs][linux-soft-dirty-2.1]") {
  Guest guest;
  const std::uint64_t before = guest.cpu().asid_flushes;
  guest.clear_refs();
  CHECK(guest.cpu().asid_flushes == before + 1);
}

TEST_CASE("types 1 to 3 clear accessed, not soft-dirty, and flush nothing", "[mm][clear_refs][S-12][S-16]") {
  Guest guest;
  const auto file = std::make_shared<page_cache>(guest.pages(), page_size);
  const VirtAddr anon = guest.map(1);
  const VirtAddr shared = guest.map_file(file, 1, RW, MAP_SHARED);
  guest.store(anon);
  guest.store(shared);
  const std::uint64_t flushes = guest.cpu().asid_flushes + guest.cpu().page_flushes;
  struct Row {
    std::string_view text;
    bool anon_young, shared_young;
  };
  const auto row = GENERATE(values<Row>({{"1", false, false}, {"2", false, true}, {"3", true, false}}));
  guest.clear_refs(row.text);
  CHECK(mmu::pte_young(guest.pte(anon)) == row.anon_young);
  CHECK(mmu::pte_young(guest.pte(shared)) == row.shared_young);
  CHECK(mmu::pte_soft_dirty(guest.pte(anon)));
  CHECK(guest.cpu().asid_flushes + guest.cpu().page_flushes == flushes);
}

TEST_CASE("clear_refs 5 resets the peak of resident memory", "[mm][clear_refs][S-12]") {
  Guest guest;
  const VirtAddr va = guest.map(8);
  for (std::uint32_t i = 0; i < 8; ++i) guest.store(page_of(va, i));
  guest.unmap(va, 6);
  CHECK(guest.mm().hiwater_rss == 8);
  guest.clear_refs("5");
  CHECK(guest.mm().hiwater_rss == 2);
}

TEST_CASE("VMAs without the flag are not recomputed, shared writable ones become read-only",
          "[mm][clear_refs][S-70][linux-soft-dirty-2.1]") {
  Guest guest;
  const VirtAddr va = guest.map(2, RW, anon_shared);
  const auto shared = mmu::protection_map({true, true, false}, mmu::Sharing::shared_mapping);
  const auto as_private = mmu::protection_map({true, true, false}, mmu::Sharing::private_mapping);
  CHECK(guest.vma(va).vm_page_prot == shared);
  guest.clear_refs();
  CHECK(guest.vma(va).vm_page_prot == as_private);
  // A page read first is then mapped read-only, so that the store is noticed.
  guest.load(va);
  CHECK_FALSE(mmu::pte_write(guest.pte(va)));
  CHECK_FALSE(guest.soft_dirty(va));
  CHECK(guest.store(va).verdicts == std::vector{Verdict::soft_dirty});
  CHECK(guest.soft_dirty(va));
  CHECK(guest.store(page_of(va, 1)).verdicts == std::vector{Verdict::file_page});
  CHECK(guest.soft_dirty(page_of(va, 1)));
}
