// Pagemap, the VMA flag, and who sets, keeps and loses the bit. [linux-soft-dirty 3, 5, 6, 7]
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "support/guest.h"

using namespace lpaemu;
using namespace lpaemu::kernel;
using namespace lpaemu::kernel::testing;

namespace {

constexpr std::int32_t MADV_DONTNEED = 4, MADV_FREE = 8, MADV_REMOVE = 9, MADV_POPULATE_READ = 22,
                       MADV_POPULATE_WRITE = 23;

VirtAddr tracked(Guest& guest, std::uint32_t pages, std::uint32_t flags = anon_private) {
  const VirtAddr va = guest.map(pages, RW, flags);
  for (std::uint32_t i = 0; i < pages; ++i) guest.store(page_of(va, i));
  guest.clear_refs();
  return va;
}

PagemapEntry entry(Guest& guest, VirtAddr va, ShowPfn show = ShowPfn::yes) {
  return pagemap_entry(guest.mm(), va, show);
}

void advise(Guest& guest, VirtAddr va, std::uint32_t pages, std::int32_t advice) {
  REQUIRE(do_madvise(guest.mm(), va, pages * page_size, advice).has_value());
  guest.audit();
}

VirtAddr remap(Guest& guest, VirtAddr va, std::uint32_t old_pages, std::uint32_t new_pages, std::uint32_t flags,
               VirtAddr to = VirtAddr{}) {
  const auto moved = do_mremap(guest.mm(), va, old_pages * page_size, new_pages * page_size, flags, to);
  REQUIRE(moved.has_value());
  guest.audit();
  return *moved;
}

SoftDirtyMode both_modes() { return GENERATE(SoftDirtyMode::documented, SoftDirtyMode::kernel); }

}  // namespace

// ---- pagemap

TEST_CASE("layout of a pagemap entry", "[mm][pagemap][S-21]") {
  Guest guest;
  const VirtAddr va = guest.map(2);
  guest.store(va);
  const std::uint64_t pfn = mmu::pte_pfn(guest.pte(va)).raw();
  CHECK(entry(guest, va).raw() == (0x8180'0000'0000'0000 | pfn));
  CHECK(entry(guest, va, ShowPfn::no).raw() == 0x8180'0000'0000'0000);
  guest.clear_refs();
  CHECK(entry(guest, va, ShowPfn::no).raw() == 0x8100'0000'0000'0000);

  const auto file = std::make_shared<page_cache>(guest.pages(), page_size);
  const VirtAddr one = guest.map_file(file, 1, RW, MAP_SHARED);
  const VirtAddr two = guest.map_file(file, 1, RW, MAP_SHARED);
  guest.load(one);
  CHECK(entry(guest, one, ShowPfn::no).raw() == 0xa180'0000'0000'0000);  // file, mapped once
  guest.load(two);
  CHECK(entry(guest, one, ShowPfn::no).raw() == 0xa080'0000'0000'0000);
}

TEST_CASE("the zero page is present, of no file, and exclusive to nobody", "[mm][pagemap][S-21]") {
  Guest guest;
  const VirtAddr va = guest.map(1);
  guest.clear_refs();
  guest.load(va);
  CHECK(entry(guest, va, ShowPfn::no).raw() == 0x8000'0000'0000'0000);
  CHECK(pagemap::PFN.get(entry(guest, va)) == guest.pages().zero_page().raw());
}

TEST_CASE("a PROT_NONE page is present in pagemap", "[mm][pagemap][S-22]") {
  Guest guest;
  const VirtAddr va = tracked(guest, 1);
  guest.protect(va, 1, 0);
  CHECK(pagemap::PRESENT.get(entry(guest, va)));
}

TEST_CASE("a hole in a fresh mapping is soft-dirty, addresses outside are 0", "[mm][pagemap][S-26]") {
  Guest guest;
  const VirtAddr va = guest.map(1);
  CHECK(entry(guest, va).raw() == 0x0080'0000'0000'0000);
  CHECK(entry(guest, page_of(va, 1)).raw() == 0);
  CHECK(entry(guest, VirtAddr{0}).raw() == 0);
  CHECK(entry(guest, TASK_SIZE - page_size).raw() == 0);
}

TEST_CASE("a none entry of a tracked VMA reads 0", "[mm][pagemap][S-27]") {
  Guest guest;
  const VirtAddr va = guest.map(2);
  guest.store(va);
  guest.clear_refs();
  CHECK(entry(guest, page_of(va, 1)).raw() == 0);
}

TEST_CASE("a range of pagemap equals its entries", "[mm][pagemap][S-23]") {
  Guest guest;
  const VirtAddr low = guest.map(700);
  const VirtAddr high = guest.map(3, PROT_READ);
  guest.map(2, RW, anon_shared);
  for (std::uint32_t i = 0; i < 700; i += 7) guest.store(page_of(low, i));
  guest.load(high);
  guest.clear_refs();
  for (std::uint32_t i = 0; i < 700; i += 31) guest.store(page_of(low, i));
  const VirtAddr first = page_of(low, 0) - 10 * page_size;
  std::vector<std::uint64_t> range(720);
  pagemap_range(guest.mm(), first, range, ShowPfn::yes);
  for (std::uint32_t i = 0; i < range.size(); ++i) REQUIRE(range[i] == entry(guest, first + i * page_size).raw());
  std::vector<std::uint64_t> last(2);
  pagemap_range(guest.mm(), TASK_SIZE - 2 * page_size, last, ShowPfn::yes);
  CHECK(last == std::vector<std::uint64_t>{0, 0});
}

// ---- the VMA flag

TEST_CASE("mmap sets the flag", "[mm][soft-dirty][S-50]") {
  Guest guest{both_modes()};
  CHECK(guest.vma(guest.map(1)).is(VM_SOFTDIRTY));
  CHECK(guest.vma(guest.map(1, PROT_READ, anon_shared)).is(VM_SOFTDIRTY));
}

TEST_CASE("a new mapping that merges makes the old pages soft-dirty too", "[mm][soft-dirty][merge][S-50]") {
  Guest guest{both_modes()};
  const VirtAddr va = tracked(guest, 2);
  CHECK(guest.soft_dirty_of(va, 2) == "00");
  CHECK(guest.map(1) == va - page_size);
  CHECK(guest.layout(va) == "-1-2:rw*");
  CHECK(guest.soft_dirty_of(va - page_size, 3) == "111");
}

TEST_CASE("brk flags the whole heap", "[mm][soft-dirty][brk][S-50]") {
  Guest guest{both_modes()};
  guest.mm().start_brk = guest.mm().brk = VirtAddr{0x100000};
  CHECK(do_brk(guest.mm(), VirtAddr{0x102000}) == VirtAddr{0x102000});
  guest.store(VirtAddr{0x100000});
  guest.clear_refs();
  CHECK(guest.soft_dirty_of(VirtAddr{0x100000}, 2) == "00");
  CHECK(do_brk(guest.mm(), VirtAddr{0x103000}) == VirtAddr{0x103000});
  CHECK(guest.soft_dirty_of(VirtAddr{0x100000}, 3) == "111");
  guest.audit();
}

TEST_CASE("the stack of a program and special mappings begin flagged", "[mm][soft-dirty][S-50]") {
  Guest guest{both_modes()};
  const auto stack = insert_stack(guest.mm(), TASK_SIZE, 4 * page_size, false);
  REQUIRE(stack.has_value());
  CHECK(guest.vma(*stack).is(VM_SOFTDIRTY));
  const auto page = std::make_shared<page_cache>(guest.pages(), page_size);
  const vm_flags_t flags = VM_READ | VM_EXEC | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
  REQUIRE(install_special_mapping(guest.mm(), VirtAddr{0x400000}, page, flags, "[sigpage]").has_value());
  CHECK(guest.vma(VirtAddr{0x400000}).is(VM_SOFTDIRTY));
  CHECK(guest.fetch(VirtAddr{0x400000}).verdicts == std::vector{Verdict::file_page});
  guest.audit();
}

TEST_CASE("stack growth: documented pages are soft-dirty, the kernel's are not",
          "[mm][soft-dirty][stack][S-51][P-51b]") {
  const SoftDirtyMode mode = both_modes();
  Guest guest{mode};
  const auto stack = insert_stack(guest.mm(), TASK_SIZE, 4 * page_size, false);
  REQUIRE(stack.has_value());
  guest.clear_refs();
  guest.load(*stack - 3 * page_size);
  CHECK_FALSE(guest.vma(*stack).is(VM_SOFTDIRTY));
  // Three pages were added; only the lowest was touched, by a load. Old pages keep their own bit.
  CHECK(guest.soft_dirty_of(*stack - 3 * page_size, 4) == (mode == SoftDirtyMode::documented ? "1110" : "0000"));
  guest.store(*stack - 2 * page_size);
  CHECK(guest.soft_dirty(*stack - 2 * page_size));
  guest.clear_refs();
  CHECK(guest.soft_dirty_of(*stack - 3 * page_size, 4) == "0000");
  CHECK(guest.store(*stack - 2 * page_size).verdicts == std::vector{Verdict::soft_dirty});  // tracking stayed on
}

TEST_CASE("mremap growing in place", "[mm][soft-dirty][mremap][S-51]") {
  const SoftDirtyMode mode = both_modes();
  Guest guest{mode};
  const VirtAddr room = guest.map(8);
  guest.unmap(page_of(room, 2), 6);
  guest.store(room);
  guest.clear_refs();
  CHECK(remap(guest, room, 2, 4, 0) == room);
  CHECK(guest.layout(room) == "0-4:rw");
  CHECK(guest.soft_dirty_of(room, 4) == (mode == SoftDirtyMode::documented ? "0011" : "0000"));
  CHECK(remap(guest, room, 4, 5, 0) == room);
  CHECK(guest.soft_dirty_of(room, 5) == (mode == SoftDirtyMode::documented ? "00111" : "00000"));
  guest.clear_refs();
  CHECK(guest.soft_dirty_of(room, 5) == "00000");
}

TEST_CASE("pages added by growth: split cuts the interval, move takes it along, merge takes the hull",
          "[mm][soft-dirty][mremap][S-51]") {
  Guest guest;
  const VirtAddr room = guest.map(16);
  guest.unmap(page_of(room, 2), 14);
  guest.clear_refs();
  remap(guest, room, 2, 6, 0);
  CHECK(guest.soft_dirty_of(room, 6) == "001111");
  guest.protect(page_of(room, 4), 2, PROT_READ);  // splits
  CHECK(guest.vma(room).soft_dirty_added == VirtRange{page_of(room, 2), page_of(room, 4)});
  CHECK(guest.vma(page_of(room, 4)).soft_dirty_added == VirtRange{page_of(room, 4), page_of(room, 6)});
  guest.protect(page_of(room, 4), 2, RW);  // merges
  CHECK(guest.layout(room) == "0-6:rw");
  CHECK(guest.soft_dirty_of(room, 6) == "001111");
  const VirtAddr there = remap(guest, room, 6, 6, MREMAP_MAYMOVE | MREMAP_FIXED, VirtAddr{0x10000000});
  CHECK(guest.soft_dirty_of(there, 6) == "001111");
  guest.unmap(page_of(there, 3), 1);
  CHECK(guest.soft_dirty_of(there, 6) == "001011");
}

TEST_CASE("a split keeps the flag on both parts", "[mm][soft-dirty][S-53]") {
  Guest guest{both_modes()};
  const VirtAddr va = guest.map(4);
  guest.protect(page_of(va, 2), 2, PROT_READ);
  CHECK(guest.layout(va) == "0-2:rw* 2-4:r*");
  guest.clear_refs();
  guest.protect(page_of(va, 1), 1, 0);
  CHECK(guest.layout(va) == "0-1:rw 1-2: 2-4:r");
}

TEST_CASE("mprotect merges a cleared and a flagged VMA", "[mm][soft-dirty][merge][S-54]") {
  const SoftDirtyMode mode = both_modes();
  Guest guest{mode};
  const VirtAddr va = guest.map(4);
  guest.protect(page_of(va, 2), 2, PROT_READ);
  guest.clear_refs();
  guest.unmap(page_of(va, 2), 2);
  CHECK(guest.map(2, PROT_READ, anon_private | MAP_FIXED, page_of(va, 2)) == page_of(va, 2));
  CHECK(guest.layout(va) == "0-2:rw 2-4:r*");
  SECTION("the cleared one changes") {
    guest.protect(va, 2, PROT_READ);
    // 6.12 stores the changed VMA's flags over the neighbour's, which loses its own.
    CHECK(guest.layout(va) == (mode == SoftDirtyMode::documented ? "0-4:r*" : "0-4:r"));
  }
  SECTION("the flagged one changes") {
    guest.protect(page_of(va, 2), 2, RW);
    CHECK(guest.layout(va) == "0-4:rw*");
  }
}

TEST_CASE("mremap next to a cleared VMA: the survivor's flag, or both", "[mm][soft-dirty][merge][S-54]") {
  const SoftDirtyMode mode = both_modes();
  Guest guest{mode};
  const VirtAddr va = guest.map(4);
  guest.unmap(page_of(va, 1), 3);
  guest.store(va);
  guest.clear_refs();
  const VirtAddr fresh = guest.map(1, RW, anon_private, VirtAddr{0x10000000});
  CHECK(remap(guest, fresh, 1, 1, MREMAP_MAYMOVE | MREMAP_FIXED, page_of(va, 1)) == page_of(va, 1));
  CHECK(guest.layout(va) == (mode == SoftDirtyMode::documented ? "0-2:rw*" : "0-2:rw"));
  CHECK(guest.soft_dirty_of(va, 2) == (mode == SoftDirtyMode::documented ? "11" : "00"));
}

TEST_CASE("a shared VMA that becomes flagged by a merge starts pages writable again", "[mm][soft-dirty][merge][S-70]") {
  Guest guest;
  const auto file = std::make_shared<page_cache>(guest.pages(), 4 * page_size);
  const VirtAddr va = guest.map(4);
  MmapRequest request{.addr = va, .length = 2 * page_size, .prot = RW, .flags = MAP_SHARED | MAP_FIXED};
  request.mapping = file;
  request.file_writable = true;
  REQUIRE(do_mmap(guest.mm(), request).has_value());
  guest.clear_refs();
  const VirtAddr elsewhere = guest.map_file(file, 2, RW, MAP_SHARED, 2);
  REQUIRE(elsewhere != page_of(va, 2));
  remap(guest, elsewhere, 2, 2, MREMAP_MAYMOVE | MREMAP_FIXED, page_of(va, 2));
  CHECK(guest.layout(va) == "0-4:rw*");
  guest.load(va);
  CHECK(mmu::pte_write(guest.pte(va)));
}

TEST_CASE("mremap that moves copies the flag", "[mm][soft-dirty][mremap][S-51]") {
  Guest guest{both_modes()};
  const VirtAddr va = guest.map(2);
  CHECK(guest.vma(remap(guest, va, 2, 2, MREMAP_MAYMOVE | MREMAP_FIXED, VirtAddr{0x10000000})).is(VM_SOFTDIRTY));
  guest.clear_refs();
  const VirtAddr back = remap(guest, VirtAddr{0x10000000}, 2, 2, MREMAP_MAYMOVE | MREMAP_FIXED, VirtAddr{0x20000000});
  CHECK_FALSE(guest.vma(back).is(VM_SOFTDIRTY));
}

TEST_CASE("while the flag is set shared pages may be writable without a fault", "[mm][soft-dirty][S-55]") {
  Guest guest{both_modes()};
  const VirtAddr va = guest.map(1, RW, anon_shared);
  guest.store(va);
  guest.protect(va, 1, PROT_READ);
  guest.protect(va, 1, RW);
  CHECK(guest.store(va).faults() == 0);  // restored by mprotect: tracking is off
}

TEST_CASE("only clear_refs clears the flag", "[mm][soft-dirty][S-57]") {
  Guest guest{both_modes()};
  const VirtAddr va = guest.map(4);
  guest.store(va);
  guest.protect(va, 4, PROT_READ);
  guest.protect(va, 4, RW);
  advise(guest, va, 4, MADV_DONTNEED);
  advise(guest, va, 4, 1);
  REQUIRE(do_mlock(guest.mm(), va, 4 * page_size).has_value());
  REQUIRE(do_munlock(guest.mm(), va, 4 * page_size).has_value());
  guest.clear_refs("1");
  CHECK(guest.vma(va).is(VM_SOFTDIRTY));
  guest.clear_refs("4");
  CHECK_FALSE(guest.vma(va).is(VM_SOFTDIRTY));
}

// ---- the bit in the entry, tracking on

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

TEST_CASE("mprotect restores write permission only where soft-dirty is 1 or tracking is off", "[mm][mprotect][S-71]") {
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
