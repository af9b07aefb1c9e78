// mmap, munmap, brk: where mappings go, which requests fail, which neighbours merge. [linux mm/mmap.c, vma.c]
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <random>
#include <ranges>

#include "support/guest.h"

using namespace lpaemu;
using namespace lpaemu::kernel;
using namespace lpaemu::kernel::testing;

namespace {

constexpr VirtAddr somewhere{0x10000000};

Result<VirtAddr> request(Guest& guest, VirtAddr addr, std::uint32_t length, std::uint32_t prot, std::uint32_t flags) {
  return do_mmap(guest.mm(), {.addr = addr, .length = length, .prot = prot, .flags = flags});
}

}  // namespace

TEST_CASE("mappings go top-down below mmap_base", "[mm][mmap][placement]") {
  Guest guest;
  const VirtAddr base = guest.mm().mmap_base;
  CHECK(base == VirtAddr{0xb7000000});
  CHECK(guest.map(1) == base - page_size);
  CHECK(guest.map(2, PROT_READ) == base - 3 * page_size);
  guest.unmap(base - page_size, 1);
  CHECK(guest.map(2) == base - 5 * page_size);  // the hole is too small
  CHECK(guest.map(1) == base - page_size);      // now it is used
}

TEST_CASE("the highest gap that is large enough is taken, whatever was searched before", "[mm][mmap][placement]") {
  // Told from the list of VMAs alone, from the top each time.
  const auto expected = [](Guest& guest, std::uint32_t length) {
    VirtAddr high = guest.mm().mmap_base;
    for (const auto& [start, vma] : std::views::reverse(guest.mm().vmas())) {
      if (start >= high) continue;
      if (vma.vm_end <= high && high - vma.vm_end >= length) break;
      high = start;
    }
    return high - length;
  };
  Guest guest;
  std::mt19937 random{20240912};
  const auto below = [&](std::uint32_t bound) {
    return std::uniform_int_distribution<std::uint32_t>{0, bound - 1}(random);
  };
  std::vector<std::pair<VirtAddr, std::uint32_t>> mapped;
  for (int round = 0; round < 3000; ++round) {
    const std::uint32_t pages = 1 + below(6);
    const std::uint32_t prot = below(2) == 0 ? PROT_READ : 0;
    if (below(3) != 0 || mapped.empty()) {
      const VirtAddr wanted = expected(guest, pages * page_size);
      REQUIRE(guest.map(pages, prot) == wanted);
      mapped.emplace_back(wanted, pages);
    } else if (below(4) == 0) {  // over something, and beyond it
      const auto [at, count] = mapped[below(static_cast<std::uint32_t>(mapped.size()))];
      guest.map(count + 1, prot, anon_private | MAP_FIXED, at - page_size);
    } else {
      std::swap(mapped[below(static_cast<std::uint32_t>(mapped.size()))], mapped.back());
      guest.unmap(mapped.back().first, mapped.back().second);
      mapped.pop_back();
    }
  }
}

TEST_CASE("hints are honoured where there is room", "[mm][mmap][placement]") {
  Guest guest;
  CHECK(guest.map(1, RW, anon_private, somewhere) == somewhere);
  CHECK(guest.map(1, RW, anon_private, somewhere + 5 * page_size + 123) == somewhere + 5 * page_size);
  CHECK(guest.map(1, PROT_READ, anon_private, somewhere) == guest.mm().mmap_base - page_size);  // taken
  CHECK(guest.map(1, RW, anon_private, VirtAddr{0x1000}) == mmap_min_addr);                     // round_hint_to_min
  CHECK(guest.map(1, RW, anon_private, TASK_SIZE - page_size) == TASK_SIZE - page_size);
}

TEST_CASE("above mmap_base when there is no room below", "[mm][mmap][placement]") {
  Guest guest;
  const std::uint32_t all = guest.mm().mmap_base - mmap_min_addr;
  REQUIRE(request(guest, mmap_min_addr, all, PROT_READ, anon_private | MAP_FIXED | MAP_NORESERVE).has_value());
  // What is left below lies under mmap_min_addr, where nothing may be put.
  const auto low = request(guest, VirtAddr{}, page_size, RW, anon_private);
  CHECK(low == unexpected(Errno::eperm));
  const auto high = request(guest, VirtAddr{}, 20 * page_size, RW, anon_private);
  CHECK(high == guest.mm().mmap_base);
}

TEST_CASE("a stack keeps its guard gap free", "[mm][mmap][placement]") {
  Guest guest;
  const VirtAddr stack = guest.map(1, RW, anon_private | MAP_GROWSDOWN);
  const VirtAddr next = guest.map(1);
  CHECK(next == stack - stack_guard_gap - page_size);
  const VirtAddr hint = stack - stack_guard_gap;
  CHECK(guest.map(1, PROT_READ, anon_private, hint) != hint);
}

TEST_CASE("requests that fail", "[mm][mmap][errors]") {
  struct Row {
    std::uint32_t addr, length, prot, flags;
    Errno error;
  };
  const auto row = GENERATE(values<Row>({
      {0, 0, RW, anon_private, Errno::einval},
      {0, 0xfffff001, RW, anon_private, Errno::enomem},                        // rounds up to 0
      {0, 0xc0000000, PROT_READ, anon_private, Errno::enomem},                 // more than TASK_SIZE
      {0, page_size, RW, MAP_ANONYMOUS, Errno::einval},                        // neither shared nor private
      {0, page_size, RW, MAP_ANONYMOUS | MAP_SHARED_VALIDATE, Errno::einval},  // only for files
      {0x10000001, page_size, RW, anon_private | MAP_FIXED, Errno::einval},    // unaligned
      {0x1000, page_size, RW, anon_private | MAP_FIXED, Errno::eperm},         // below mmap_min_addr
      {0xbf000000, page_size, RW, anon_private | MAP_FIXED, Errno::enomem},    // TASK_SIZE
      {0xbefff000, 2 * page_size, RW, anon_private | MAP_FIXED, Errno::enomem},
      {0, page_size, RW, anon_shared | MAP_GROWSDOWN, Errno::einval},
      {0, 0x800000, RW, anon_private, Errno::enomem},  // more than all RAM
      {0, 0x800000, RW, anon_shared, Errno::enomem},
  }));
  Guest guest;
  CHECK(request(guest, VirtAddr{row.addr}, row.length, row.prot, row.flags) == unexpected(row.error));
  CHECK(guest.mm().vmas().empty());
}

TEST_CASE("what is not accounted may be larger than RAM", "[mm][mmap][overcommit]") {
  Guest guest;
  CHECK(request(guest, VirtAddr{}, 0x800000, RW, anon_private | MAP_NORESERVE).has_value());
  CHECK(request(guest, VirtAddr{}, 0x800000, PROT_READ, anon_private).has_value());
  const auto none = request(guest, VirtAddr{}, 0x800000, 0, anon_private);
  REQUIRE(none.has_value());
  CHECK(do_mprotect(guest.mm(), *none, 0x800000, RW) == unexpected(Errno::enomem));
  guest.audit();
}

TEST_CASE("MAP_FIXED replaces, MAP_FIXED_NOREPLACE refuses", "[mm][mmap]") {
  Guest guest;
  const VirtAddr va = guest.map(4);
  guest.store(page_of(va, 1), 9);
  CHECK(request(guest, page_of(va, 1), page_size, RW, anon_private | MAP_FIXED_NOREPLACE) == unexpected(Errno::eexist));
  CHECK(guest.map(1, PROT_READ, anon_private | MAP_FIXED, page_of(va, 1)) == page_of(va, 1));
  CHECK(guest.layout(va) == "0-1:rw* 1-2:r* 2-4:rw*");
  CHECK(guest.byte_at(page_of(va, 1)) == 0);
  CHECK(guest.map(1, RW, anon_private | MAP_FIXED_NOREPLACE, somewhere) == somewhere);
}

TEST_CASE("MAP_POPULATE", "[mm][mmap][populate]") {
  Guest guest;
  const VirtAddr va = guest.map(3, RW, anon_private | MAP_POPULATE);
  CHECK(guest.store(page_of(va, 2)).faults() == 0);
  CHECK(guest.mm().rss.anon == 3);
  const VirtAddr ro = guest.map(2, PROT_READ, anon_private | MAP_POPULATE);
  CHECK(guest.load(ro).faults() == 0);
  CHECK(mmu::pte_special(guest.pte(ro)));
  // More than there is: the mapping stands, its pages come by fault or not at all.
  CHECK(request(guest, VirtAddr{}, 0x3fe000, RW, anon_private | MAP_POPULATE).has_value());
  CHECK(guest.pages().free_pages() == 0);
  guest.audit();
}

TEST_CASE("file mappings: rights come from the open file", "[mm][mmap][errors]") {
  Guest guest;
  MmapRequest call{.length = page_size, .prot = RW, .flags = MAP_SHARED};
  call.mapping = std::make_shared<page_cache>(guest.pages(), page_size);
  CHECK(do_mmap(guest.mm(), call) == unexpected(Errno::eacces));
  call.prot = PROT_READ;
  const auto mapped = do_mmap(guest.mm(), call);
  REQUIRE(mapped.has_value());
  CHECK_FALSE(guest.vma(*mapped).is(VM_SHARED));
  CHECK(guest.vma(*mapped).is(VM_MAYSHARE));
  CHECK(do_mprotect(guest.mm(), *mapped, page_size, RW) == unexpected(Errno::eacces));
  call.flags = MAP_PRIVATE;
  call.prot = RW;
  CHECK(do_mmap(guest.mm(), call).has_value());
  call.flags = MAP_PRIVATE | MAP_GROWSDOWN;
  CHECK(do_mmap(guest.mm(), call) == unexpected(Errno::einval));
  call.flags = MAP_SHARED_VALIDATE | MAP_SYNC;
  call.file_writable = true;
  CHECK(do_mmap(guest.mm(), call) == unexpected(Errno::enotsup));
  call.flags = MAP_SHARED;
  call.pgoff = 0xffffffff;
  CHECK(do_mmap(guest.mm(), call) == unexpected(Errno::eoverflow));
}

TEST_CASE("munmap: arguments, holes, splits", "[mm][munmap]") {
  Guest guest;
  const VirtAddr va = guest.map(6);
  CHECK(do_munmap(guest.mm(), va + 1, page_size) == unexpected(Errno::einval));
  CHECK(do_munmap(guest.mm(), va, 0) == unexpected(Errno::einval));
  CHECK(do_munmap(guest.mm(), TASK_SIZE, page_size) == unexpected(Errno::einval));
  CHECK(do_munmap(guest.mm(), va, 0xfffff000) == unexpected(Errno::einval));
  CHECK(do_munmap(guest.mm(), somewhere, page_size).has_value());  // nothing there
  CHECK(do_munmap(guest.mm(), page_of(va, 1), 1).has_value());     // rounds up
  guest.unmap(page_of(va, 3), 1);
  CHECK(guest.layout(va) == "0-1:rw* 2-3:rw* 4-6:rw*");
  guest.unmap(va, 6);  // over the holes
  CHECK(guest.mm().vmas().empty());
  CHECK(guest.mm().total_vm == 0);
}

TEST_CASE("munmap frees pages and tables, and flushes first", "[mm][munmap]") {
  Guest guest;
  const std::uint64_t before = guest.pages().free_pages();
  const VirtAddr va = guest.map(600);
  for (std::uint32_t i = 0; i < 600; i += 50) guest.store(page_of(va, i));
  CHECK(guest.mm().table_pages >= 3);
  guest.unmap(va, 600);
  CHECK(guest.pages().free_pages() == before);
  CHECK(guest.mm().table_pages == 0);
  CHECK_FALSE(guest.cpu().cached(va, guest.mm().asid()).has_value());
  CHECK(guest.load(va).last() == Verdict::segv_maperr);
}

TEST_CASE("an address space that ends gives everything back", "[mm][exit]") {
  Board board;
  const std::uint64_t before = board.pages.free_pages();
  {
    Guest guest{board, Asid{3}};
    const VirtAddr va = guest.map(40);
    const VirtAddr shared = guest.map(4, RW, anon_shared);
    for (std::uint32_t i = 0; i < 40; ++i) guest.store(page_of(va, i));
    guest.store(shared);
    REQUIRE(install_vectors(guest.mm(), board.pages.zero_page()).has_value());
  }
  CHECK(board.pages.free_pages() == before);
}

TEST_CASE("at most 65530 VMAs", "[mm][mmap][errors]") {
  Guest guest;
  const VirtAddr va = mmap_min_addr;
  REQUIRE(request(guest, va, 0x30000000, PROT_READ, anon_private | MAP_FIXED).has_value());
  std::uint32_t page = 1;
  while (do_mprotect(guest.mm(), page_of(va, page), page_size, PROT_EXEC)) page += 2;
  CHECK(do_mprotect(guest.mm(), page_of(va, page), page_size, PROT_EXEC) == unexpected(Errno::enomem));
  CHECK(guest.mm().vmas().size() >= sysctl_max_map_count - 1);
  CHECK(guest.mm().vmas().size() <= sysctl_max_map_count);
  guest.audit();
}

TEST_CASE("which neighbours merge", "[mm][merge]") {
  Guest guest;
  const VirtAddr va = somewhere;
  const auto at = [&](std::uint32_t page, std::uint32_t pages, std::uint32_t prot, std::uint32_t flags = anon_private) {
    guest.map(pages, prot, flags | MAP_FIXED, page_of(va, page));
  };
  SECTION("anonymous private neighbours with the same rights, on both sides") {
    at(0, 1, RW);
    at(2, 1, RW);
    at(1, 1, RW);
    CHECK(guest.layout(va) == "0-3:rw*");
  }
  SECTION("not with other rights") {
    at(0, 1, RW);
    at(1, 1, PROT_READ);
    CHECK(guest.layout(va) == "0-1:rw* 1-2:r*");
  }
  SECTION("not with other flags") {
    at(0, 1, RW);
    at(1, 1, RW, anon_private | MAP_NORESERVE);
    at(2, 1, RW, anon_private | MAP_GROWSDOWN);
    CHECK(guest.mm().vmas().size() == 3);
  }
  SECTION("shared anonymous memory has a file of its own each time") {
    at(0, 1, RW, anon_shared);
    at(1, 1, RW, anon_shared);
    CHECK(guest.mm().vmas().size() == 2);
  }
  SECTION("a file with consecutive offsets, no other") {
    const auto file = std::make_shared<page_cache>(guest.pages(), 8 * page_size);
    const VirtAddr high = guest.map_file(file, 2, RW, MAP_SHARED, 4);
    CHECK(guest.map_file(file, 2, RW, MAP_SHARED, 2) == high - 2 * page_size);
    CHECK(guest.mm().vmas().size() == 1);
    guest.map_file(file, 1, RW, MAP_SHARED, 0);
    CHECK(guest.mm().vmas().size() == 2);
  }
  SECTION("mprotect back and forth") {
    at(0, 6, RW);
    guest.protect(page_of(va, 2), 2, 0);
    CHECK(guest.layout(va) == "0-2:rw* 2-4:* 4-6:rw*");
    guest.protect(page_of(va, 2), 2, RW);
    CHECK(guest.layout(va) == "0-6:rw*");
    guest.protect(va, 3, 0);
    guest.protect(page_of(va, 1), 1, RW);
    CHECK(guest.layout(va) == "0-1:* 1-2:rw* 2-3:* 3-6:rw*");
    guest.protect(page_of(va, 2), 1, RW);  // whole VMA, both sides
    CHECK(guest.layout(va) == "0-1:* 1-6:rw*");
    guest.protect(page_of(va, 1), 2, 0);  // low part of a VMA joins the one below
    CHECK(guest.layout(va) == "0-3:* 3-6:rw*");
    guest.protect(page_of(va, 1), 2, RW);  // high part of a VMA joins the one above
    CHECK(guest.layout(va) == "0-1:* 1-6:rw*");
  }
}

TEST_CASE("anonymous memory and where it was first touched", "[mm][merge][mremap]") {
  // A moved mapping keeps its old offset once it has pages, and then fits no new neighbour.
  Guest guest;
  const VirtAddr left = guest.map(1, RW, anon_private | MAP_FIXED, somewhere);
  const VirtAddr moved = guest.map(1, RW, anon_private | MAP_FIXED, somewhere + 16 * page_size);
  const bool touched = GENERATE(false, true);
  if (touched) guest.store(moved);
  const VirtAddr to = page_of(left, 1);
  REQUIRE(do_mremap(guest.mm(), moved, page_size, page_size, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
  guest.audit();
  CHECK(guest.layout(left) == (touched ? "0-1:rw* 1-2:rw*" : "0-2:rw*"));
}

TEST_CASE("a touched mapping does not merge into an untouched neighbour", "[mm][merge]") {
  // 6.12: an anon_vma on the changed side only forbids it; on the neighbour's side it does not.
  constexpr std::uint32_t RWX = RW | PROT_EXEC;
  Guest guest;
  const VirtAddr va = guest.map(2);
  guest.protect(page_of(va, 1), 1, RWX);
  SECTION("neither was touched") {
    guest.protect(va, 1, RWX);
    CHECK(guest.layout(va) == "0-2:rwx*");
  }
  SECTION("the changed one was touched") {
    guest.store(va);
    guest.protect(va, 1, RWX);
    CHECK(guest.layout(va) == "0-1:rwx* 1-2:rwx*");
  }
  SECTION("the neighbour was touched") {
    guest.load(va);  // the zero page is no anonymous page
    guest.store(page_of(va, 1));
    guest.protect(va, 1, RWX);
    CHECK(guest.layout(va) == "0-2:rwx*");
  }
  SECTION("both were touched: they took the same anon_vma, since they may merge one day") {
    const std::uint32_t first = GENERATE(0U, 1U);
    guest.store(page_of(va, first));
    guest.store(page_of(va, 1 - first));
    guest.protect(va, 1, RWX);
    CHECK(guest.layout(va) == "0-2:rwx*");
  }
}

TEST_CASE("brk", "[mm][brk]") {
  Guest guest;
  constexpr VirtAddr start{0x200800};
  guest.mm().start_brk = guest.mm().brk = start;
  CHECK(do_brk(guest.mm(), VirtAddr{}) == start);
  CHECK(do_brk(guest.mm(), start - 1) == start);
  CHECK(do_brk(guest.mm(), start + 16) == start + 16);  // same page: no VMA
  CHECK(guest.mm().vmas().empty());
  CHECK(do_brk(guest.mm(), VirtAddr{0x203001}) == VirtAddr{0x203001});
  CHECK(guest.layout(VirtAddr{0x201000}) == "0-3:rw*");
  guest.store(VirtAddr{0x203000}, 5);
  CHECK(do_brk(guest.mm(), VirtAddr{0x202000}) == VirtAddr{0x202000});
  CHECK(guest.layout(VirtAddr{0x201000}) == "0-1:rw*");
  CHECK(do_brk(guest.mm(), VirtAddr{0x204000}) == VirtAddr{0x204000});
  CHECK(guest.byte_at(VirtAddr{0x203000}) == 0);
  guest.audit();
  SECTION("stops a page before the next mapping") {
    guest.map(1, RW, anon_private | MAP_FIXED, VirtAddr{0x208000});
    CHECK(do_brk(guest.mm(), VirtAddr{0x208000}) == VirtAddr{0x204000});
    CHECK(do_brk(guest.mm(), VirtAddr{0x207000}) == VirtAddr{0x207000});
  }
  SECTION("more than all RAM") { CHECK(do_brk(guest.mm(), VirtAddr{0x900000}) == VirtAddr{0x204000}); }
  SECTION("down to nothing") {
    CHECK(do_brk(guest.mm(), start) == start);
    CHECK(guest.mm().vmas().empty());
    CHECK(guest.mm().total_vm == 0);
  }
}

TEST_CASE("mprotect: arguments and errors", "[mm][mprotect][errors]") {
  Guest guest;
  const VirtAddr va = guest.map(2);
  const auto protect = [&](VirtAddr start, std::uint32_t length, std::uint32_t prot) {
    const auto result = do_mprotect(guest.mm(), start, length, prot);
    guest.audit();
    return result;
  };
  CHECK(protect(va + 1, page_size, RW) == unexpected(Errno::einval));
  CHECK(protect(va, 0, RW).has_value());
  CHECK(protect(va, 0xfffff001, RW) == unexpected(Errno::enomem));
  CHECK(protect(va, page_size, 0x10) == unexpected(Errno::einval));
  CHECK(protect(va, page_size, PROT_GROWSDOWN | PROT_GROWSUP) == unexpected(Errno::einval));
  CHECK(protect(va, page_size, RW | PROT_GROWSDOWN) == unexpected(Errno::einval));
  CHECK(protect(somewhere, page_size, RW) == unexpected(Errno::enomem));
  CHECK(protect(va, 3 * page_size, PROT_READ) == unexpected(Errno::enomem));  // beyond the end...
  CHECK(guest.layout(va) == "0-2:r*");                                        // ...but what is there has changed
}

TEST_CASE("PROT_GROWSDOWN reaches down to the start of the VMA", "[mm][mprotect]") {
  Guest guest;
  const VirtAddr va = guest.map(4, RW, anon_private | MAP_GROWSDOWN);
  REQUIRE(do_mprotect(guest.mm(), page_of(va, 2), page_size, PROT_READ | PROT_GROWSDOWN).has_value());
  CHECK(guest.layout(va) == "0-3:r* 3-4:rw*");
  guest.audit();
}
