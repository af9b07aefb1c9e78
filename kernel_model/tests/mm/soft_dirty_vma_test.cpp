// VM_SOFTDIRTY: which calls set, keep, split and merge the flag. [linux-soft-dirty 5]
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "support/soft_dirty.h"

using namespace lpaemu;
using namespace lpaemu::kernel;
using namespace lpaemu::kernel::testing;

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
