// The soft-dirty bit of an entry while tracking is on: who sets, keeps and loses it. [linux-soft-dirty 6, 7]
#include "support/soft_dirty.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

using namespace lpaemu;
using namespace lpaemu::kernel;
using namespace lpaemu::kernel::testing;

TEST_CASE("anonymous first write sets, first read does not", "[mm][soft-dirty][S-61]") {
  Guest guest{both_modes()};
  const VirtAddr va = guest.map(4);
  guest.clear_refs();
  guest.store(va);
  guest.load(page_of(va, 1));
  CHECK(guest.soft_dirty_of(va, 4) == "1000");
  advise(guest, page_of(va, 2), 1, MADV_POPULATE_READ);
  advise(guest, page_of(va, 3), 1, MADV_POPULATE_WRITE);
  CHECK(guest.soft_dirty_of(va, 4) == "1001");
}

TEST_CASE("MADV_POPULATE_WRITE sets on pages that are there already", "[mm][soft-dirty][madvise][S-61]") {
  Guest guest{both_modes()};
  const VirtAddr va = tracked(guest, 3);
  advise(guest, va, 3, MADV_POPULATE_READ);
  CHECK(guest.soft_dirty_of(va, 3) == "000");
  advise(guest, va, 3, MADV_POPULATE_WRITE);
  CHECK(guest.soft_dirty_of(va, 3) == "111");
  CHECK(guest.store(va).faults() == 0);
}

TEST_CASE("file pages: read 0, shared write 1, private write 1", "[mm][soft-dirty][S-61]") {
  Guest guest{both_modes()};
  const auto file = std::make_shared<page_cache>(guest.pages(), 4 * page_size);
  const VirtAddr shared = guest.map_file(file, 4, RW, MAP_SHARED);
  const VirtAddr copy = guest.map_file(file, 4, RW, MAP_PRIVATE);
  guest.clear_refs();
  CHECK(guest.load(shared).last() == Verdict::file_page);
  CHECK(guest.store(page_of(shared, 1)).last() == Verdict::file_page);
  CHECK(guest.load(copy).last() == Verdict::file_page);
  CHECK(guest.store(page_of(copy, 1)).last() == Verdict::file_cow);
  CHECK(guest.soft_dirty_of(shared, 3) == "010");
  CHECK(guest.soft_dirty_of(copy, 3) == "010");
  CHECK(guest.store(shared).last() == Verdict::soft_dirty);
  CHECK(guest.store(copy).last() == Verdict::cow);
  CHECK(guest.soft_dirty_of(shared, 1) + guest.soft_dirty_of(copy, 1) == "11");
}

TEST_CASE("write-back keeps the bit, and the next write faults again", "[mm][soft-dirty][S-61]") {
  Guest guest{both_modes()};
  const auto file = std::make_shared<page_cache>(guest.pages(), page_size,
                                                 [](std::uint64_t, std::span<std::byte>) { return Result<void>{}; });
  const VirtAddr va = guest.map_file(file, 1, RW, MAP_SHARED);
  guest.clear_refs();
  guest.store(va, 42);
  std::size_t stored = 0;
  file->writeback([&](std::uint64_t pgoff, std::span<const std::byte> page) {
    CHECK(pgoff == 0);
    CHECK(page[0] == std::byte{42});
    ++stored;
    return true;
  });
  guest.audit();
  CHECK(stored == 1);
  CHECK(guest.soft_dirty(va));
  CHECK_FALSE(mmu::pte_dirty(guest.pte(va)));
  CHECK(guest.store(va).verdicts == std::vector{Verdict::make_writable});
  file->writeback([&](std::uint64_t, std::span<const std::byte>) { return ++stored, true; });
  CHECK(stored == 2);
  file->writeback([&](std::uint64_t, std::span<const std::byte>) { return ++stored, true; });
  CHECK(stored == 2);  // clean
}

TEST_CASE("types 1 to 3, mprotect, PROT_NONE and MADV_FREE keep the bit", "[mm][soft-dirty][S-61]") {
  Guest guest{both_modes()};
  const VirtAddr va = tracked(guest, 2);
  guest.store(va);
  guest.clear_refs("1");
  CHECK(guest.soft_dirty_of(va, 2) == "10");
  guest.protect(va, 2, PROT_READ);
  CHECK(guest.soft_dirty_of(va, 2) == "10");
  guest.protect(va, 2, 0);
  CHECK(guest.soft_dirty_of(va, 2) == "10");
  guest.protect(va, 2, RW);
  CHECK(guest.soft_dirty_of(va, 2) == "10");
  CHECK(guest.store(va).last() == Verdict::access_flag);  // writable again: its bit was 1 [S-71]
  advise(guest, va, 2, MADV_FREE);
  CHECK(guest.soft_dirty_of(va, 2) == "10");
  CHECK(guest.store(page_of(va, 1)).last() == Verdict::soft_dirty);
}

TEST_CASE("a moved page is soft-dirty, none stays none", "[mm][soft-dirty][mremap][S-61]") {
  Guest guest{both_modes()};
  const VirtAddr va = guest.map(4);
  guest.store(va, 7);
  guest.load(page_of(va, 1));
  guest.clear_refs();
  const VirtAddr to = remap(guest, va, 4, 4, MREMAP_MAYMOVE | MREMAP_FIXED, VirtAddr{0x10000000});
  CHECK(guest.soft_dirty_of(to, 4) == "1100");
  CHECK(guest.byte_at(to) == 7);
  CHECK(guest.store(to).last() == Verdict::make_writable);  // still read-only, but it is marked already
  CHECK(guest.load(va).last() == Verdict::segv_maperr);
}

TEST_CASE("MREMAP_DONTUNMAP: destination soft-dirty, source none", "[mm][soft-dirty][mremap][S-61]") {
  Guest guest{both_modes()};
  const VirtAddr va = tracked(guest, 2);
  const VirtAddr to = remap(guest, va, 2, 2, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
  CHECK(to != va);
  CHECK(guest.soft_dirty_of(to, 2) == "11");
  CHECK(guest.soft_dirty_of(va, 2) == "00");
  CHECK(mmu::pte_none(guest.pte(va)));
  CHECK(guest.byte_at(to) == 1);
  CHECK(guest.byte_at(va) == 0);
}

TEST_CASE("an entry that goes reads 0 until touched", "[mm][soft-dirty][S-61]") {
  Guest guest{both_modes()};
  const auto file = std::make_shared<page_cache>(guest.pages(), 4 * page_size);
  const VirtAddr shared = guest.map_file(file, 4, RW, MAP_SHARED);
  const VirtAddr anon = guest.map(2);
  guest.clear_refs();
  for (std::uint32_t i = 0; i < 4; ++i) guest.store(page_of(shared, i), 5);
  guest.store(anon);
  guest.store(page_of(anon, 1));
  advise(guest, anon, 1, MADV_DONTNEED);
  CHECK(guest.soft_dirty_of(anon, 2) == "01");
  file->truncate(3 * page_size);
  guest.audit();
  CHECK(guest.soft_dirty_of(shared, 4) == "1110");
  advise(guest, shared, 1, MADV_REMOVE);
  CHECK(guest.soft_dirty_of(shared, 4) == "0110");
  CHECK(guest.byte_at(shared) == 0);
  CHECK(guest.load(page_of(shared, 3)).last() == Verdict::bus_adrerr);
  guest.unmap(page_of(shared, 1), 1);
  CHECK(guest.soft_dirty_of(shared, 4) == "0010");
}

TEST_CASE("mprotect restores write permission only where soft-dirty is 1 or tracking is off",
          "[mm][mprotect][S-71][S-73][P-24]") {
  struct Row {
    bool tracked, stored_again;
    std::size_t faults;
  };
  const auto row = GENERATE(values<Row>({{false, false, 0}, {true, false, 1}, {true, true, 0}}));
  const std::uint32_t flags = GENERATE(anon_private, anon_shared);
  Guest guest{both_modes()};
  const VirtAddr va = guest.map(1, RW, flags);
  guest.store(va);
  if (row.tracked) guest.clear_refs();
  if (row.stored_again) guest.store(va);
  guest.protect(va, 1, PROT_READ);
  guest.protect(va, 1, RW);
  CHECK(guest.store(va).faults() == row.faults);
  CHECK(guest.soft_dirty(va));
}

TEST_CASE("copy_to_user, clear_user and put_user set the bit", "[mm][soft-dirty][uaccess][S-61]") {
  Guest guest{both_modes()};
  const VirtAddr va = tracked(guest, 4);
  REQUIRE(put_user(guest.mm(), va, std::uint32_t{1}).has_value());
  CHECK(clear_user(guest.mm(), page_of(va, 1) + 100, page_size) == 0);
  REQUIRE(get_user<std::uint32_t>(guest.mm(), page_of(va, 3)).has_value());
  CHECK(guest.soft_dirty_of(va, 4) == "1110");
}
