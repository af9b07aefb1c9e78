// madvise, mlock, mincore, mremap: arguments, errors, effects.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "support/guest.h"

using namespace lpaemu;
using namespace lpaemu::kernel;
using namespace lpaemu::kernel::testing;

namespace {

constexpr std::int32_t MADV_DONTNEED = 4, MADV_FREE = 8, MADV_REMOVE = 9, MADV_COLD = 20, MADV_POPULATE_READ = 22,
                       MADV_POPULATE_WRITE = 23, MADV_DONTNEED_LOCKED = 24;
constexpr VirtAddr somewhere{0x10000000};

Result<VirtAddr> remap(Guest& guest, VirtAddr va, std::uint32_t old_pages, std::uint32_t new_pages,
                       std::uint32_t flags = 0, VirtAddr to = VirtAddr{}) {
  auto result = do_mremap(guest.mm(), va, old_pages * page_size, new_pages * page_size, flags, to);
  guest.audit();
  return result;
}

}  // namespace

TEST_CASE("advice that Linux knows", "[mm][madvise]") {
  Guest guest;
  const VirtAddr va = guest.map(1);
  for (const std::int32_t advice : {0, 1, 2, 3, 4, 8, 10, 11, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24}) {
    CAPTURE(advice);
    CHECK(do_madvise(guest.mm(), va, page_size, advice).has_value());
    guest.audit();
  }
  for (const std::int32_t advice : {-1, 5, 6, 7, 12, 13, 25, 100, 1000}) {
    CAPTURE(advice);
    CHECK(do_madvise(guest.mm(), va, page_size, advice) == unexpected(Errno::einval));
  }
}

TEST_CASE("madvise: arguments and holes", "[mm][madvise][errors]") {
  Guest guest;
  const VirtAddr va = guest.map(3);
  const auto advise = [&](VirtAddr start, std::uint32_t length, std::int32_t advice) {
    return do_madvise(guest.mm(), start, length, advice);
  };
  CHECK(advise(va + 1, page_size, MADV_DONTNEED) == unexpected(Errno::einval));
  CHECK(advise(va, 0, MADV_DONTNEED).has_value());
  CHECK(advise(va, 0xfffff001, MADV_DONTNEED) == unexpected(Errno::einval));
  guest.store(va);
  guest.store(page_of(va, 2));
  guest.unmap(page_of(va, 1), 1);
  CHECK(advise(va, 3 * page_size, MADV_DONTNEED) == unexpected(Errno::enomem));
  CHECK(guest.mm().rss.anon == 0);  // done nevertheless
  CHECK(advise(va, 3 * page_size, MADV_POPULATE_WRITE) == unexpected(Errno::enomem));
  CHECK(guest.mm().rss.anon == 1);  // stops there
  guest.protect(va, 1, PROT_READ);
  CHECK(advise(va, page_size, MADV_POPULATE_WRITE) == unexpected(Errno::einval));
  guest.protect(va, 1, 0);
  CHECK(advise(va, page_size, MADV_POPULATE_READ) == unexpected(Errno::einval));
  const auto file = std::make_shared<page_cache>(guest.pages(), page_size);
  const VirtAddr mapped = guest.map_file(file, 2, RW, MAP_SHARED);
  CHECK(advise(mapped, 2 * page_size, MADV_POPULATE_READ) == unexpected(Errno::efault));  // beyond the end
  CHECK(advise(mapped, page_size, MADV_FREE) == unexpected(Errno::einval));
  CHECK(advise(page_of(va, 2), page_size, MADV_REMOVE) == unexpected(Errno::einval));
  guest.protect(mapped, 2, PROT_READ);
  CHECK(advise(mapped, page_size, MADV_REMOVE).has_value());  // may be written, though it is not now
}

TEST_CASE("locked memory is not dropped", "[mm][madvise][mlock]") {
  Guest guest;
  const VirtAddr va = guest.map(2);
  REQUIRE(do_mlock(guest.mm(), va, page_size).has_value());
  CHECK(do_madvise(guest.mm(), va, 2 * page_size, MADV_DONTNEED) == unexpected(Errno::einval));
  CHECK(do_madvise(guest.mm(), va, 2 * page_size, MADV_COLD) == unexpected(Errno::einval));
  CHECK(do_madvise(guest.mm(), va, 2 * page_size, MADV_DONTNEED_LOCKED).has_value());
  CHECK(guest.mm().rss.anon == 0);
  guest.audit();
}

TEST_CASE("MADV_COLD makes pages old", "[mm][madvise]") {
  Guest guest;
  const VirtAddr va = guest.map(1);
  guest.store(va);
  REQUIRE(do_madvise(guest.mm(), va, page_size, MADV_COLD).has_value());
  CHECK(guest.load(va).verdicts == std::vector{Verdict::access_flag});
  CHECK(guest.store(va).faults() == 0);
}

TEST_CASE("mlock populates, counts and splits", "[mm][mlock]") {
  Guest guest;
  const VirtAddr va = guest.map(4);
  REQUIRE(do_mlock(guest.mm(), va + 10, page_size).has_value());  // touches two pages
  guest.audit();
  CHECK(guest.mm().locked_vm == 2);
  CHECK(guest.mm().rss.anon == 2);
  CHECK(guest.mm().vmas().size() == 2);
  REQUIRE(do_munlock(guest.mm(), va, 4 * page_size).has_value());
  guest.audit();
  CHECK(guest.mm().locked_vm == 0);
  CHECK(do_mlock(guest.mm(), va, 5 * page_size) == unexpected(Errno::enomem));
  CHECK(do_mlock(guest.mm(), va, 0).has_value());
  CHECK(do_munlock(guest.mm(), somewhere, page_size) == unexpected(Errno::enomem));
  guest.map(1, 0, anon_private | MAP_FIXED, somewhere);
  CHECK(do_mlock(guest.mm(), somewhere, page_size) == unexpected(Errno::enomem));  // PROT_NONE, by POSIX's word
}

TEST_CASE("mlockall", "[mm][mlock]") {
  Guest guest;
  guest.map(2);
  CHECK(do_mlockall(guest.mm(), 0) == unexpected(Errno::einval));
  CHECK(do_mlockall(guest.mm(), 4) == unexpected(Errno::einval));
  CHECK(do_mlockall(guest.mm(), 8) == unexpected(Errno::einval));
  REQUIRE(do_mlockall(guest.mm(), 3).has_value());
  guest.map(3, PROT_READ);
  CHECK(guest.mm().locked_vm == 5);
  CHECK(guest.mm().rss.anon == 2);
  guest.audit();
  REQUIRE(do_munlockall(guest.mm()).has_value());
  CHECK(guest.mm().locked_vm == 0);
  guest.map(1, PROT_EXEC);
  CHECK(guest.mm().locked_vm == 0);
  REQUIRE(do_mlockall(guest.mm(), 1 | 4).has_value());
  CHECK(guest.vma(guest.mm().vmas().begin()->first).is(VM_LOCKONFAULT));
  guest.audit();
}

TEST_CASE("locking on fault asks for no rights", "[mm][mlock]") {
  Guest guest;
  const VirtAddr va = guest.map(1, 0);
  CHECK(do_mlock(guest.mm(), va, page_size, VM_LOCKED | VM_LOCKONFAULT).has_value());
  CHECK(do_mlock(guest.mm(), va, page_size) == unexpected(Errno::enomem));
  guest.audit();
}

TEST_CASE("mprotect of locked private memory makes its copies at once", "[mm][mlock][mprotect]") {
  Guest guest;
  const VirtAddr va = guest.map(1, PROT_READ);
  REQUIRE(do_mlock(guest.mm(), va, page_size).has_value());
  CHECK(guest.mm().rss.anon == 0);  // the zero page
  guest.protect(va, 1, RW);
  CHECK(guest.mm().rss.anon == 1);
  CHECK(guest.store(va).faults() == 0);
}

TEST_CASE("mincore", "[mm][mincore]") {
  Guest guest;
  const auto file = std::make_shared<page_cache>(guest.pages(), 2 * page_size);
  REQUIRE(file->get_page(1).has_value());
  const VirtAddr va = guest.map(3);
  const VirtAddr mapped = guest.map_file(file, 2, RW, MAP_SHARED);
  REQUIRE(mapped == va - 2 * page_size);
  guest.store(page_of(va, 1));
  const VirtAddr vec = guest.map(1, RW, anon_private | MAP_FIXED, somewhere);
  REQUIRE(do_mincore(guest.mm(), mapped, 5 * page_size, vec).has_value());
  std::string resident;
  for (std::uint32_t i = 0; i < 5; ++i) resident += guest.byte_at(vec + i) != 0 ? '1' : '0';
  CHECK(resident == "01010");
  CHECK(do_mincore(guest.mm(), va + 1, page_size, vec) == unexpected(Errno::einval));
  CHECK(do_mincore(guest.mm(), va, 4 * page_size, vec) == unexpected(Errno::enomem));
  CHECK(do_mincore(guest.mm(), va, page_size, VirtAddr{0x20000}) == unexpected(Errno::efault));
  CHECK(do_mincore(guest.mm(), TASK_SIZE, page_size, vec) == unexpected(Errno::enomem));
}

TEST_CASE("mremap: requests that fail", "[mm][mremap][errors]") {
  Guest guest;
  const VirtAddr va = guest.map(4);
  const std::uint32_t fixed = MREMAP_MAYMOVE | MREMAP_FIXED;
  CHECK(remap(guest, va + 1, 1, 1) == unexpected(Errno::einval));
  CHECK(remap(guest, va, 1, 0) == unexpected(Errno::einval));
  CHECK(remap(guest, va, 1, 1, 8) == unexpected(Errno::einval));
  CHECK(remap(guest, va, 1, 1, MREMAP_FIXED, somewhere) == unexpected(Errno::einval));
  CHECK(remap(guest, va, 1, 2, MREMAP_MAYMOVE | MREMAP_DONTUNMAP) == unexpected(Errno::einval));
  CHECK(remap(guest, va, 1, 1, MREMAP_DONTUNMAP) == unexpected(Errno::einval));
  CHECK(remap(guest, somewhere, 1, 1) == unexpected(Errno::efault));
  CHECK(remap(guest, va, 5, 6, MREMAP_MAYMOVE) == unexpected(Errno::efault));         // beyond the VMA
  CHECK(remap(guest, va, 0, 1, MREMAP_MAYMOVE) == unexpected(Errno::einval));         // private: no duplicate
  CHECK(remap(guest, va, 2, 2, fixed, page_of(va, 1)) == unexpected(Errno::einval));  // overlap
  CHECK(remap(guest, va, 2, 2, fixed, somewhere + 1) == unexpected(Errno::einval));
  CHECK(remap(guest, va, 2, 2, fixed, TASK_SIZE - page_size) == unexpected(Errno::einval));
  CHECK(remap(guest, va, 2, 2, fixed, VirtAddr{0x1000}) == unexpected(Errno::eperm));
  guest.map(1, PROT_READ, anon_private | MAP_FIXED, page_of(va, 4));
  CHECK(remap(guest, va, 4, 5) == unexpected(Errno::enomem));                       // no room, may not move
  CHECK(remap(guest, va, 4, 0x2000, MREMAP_MAYMOVE) == unexpected(Errno::enomem));  // more than all RAM
}

TEST_CASE("mremap shrinks, grows in place, moves", "[mm][mremap]") {
  Guest guest;
  const VirtAddr va = guest.map(6, RW, anon_private | MAP_FIXED, somewhere);
  for (std::uint32_t i = 0; i < 6; ++i) guest.store(page_of(va, i), static_cast<std::uint8_t>(i + 1));
  CHECK(remap(guest, va, 6, 4) == va);
  CHECK(guest.layout(va) == "0-4:rw*");
  CHECK(remap(guest, va, 4, 4) == va);
  CHECK(remap(guest, va, 4, 8) == va);
  CHECK(guest.layout(va) == "0-8:rw*");
  CHECK(guest.byte_at(page_of(va, 5)) == 0);
  guest.map(1, PROT_READ, anon_private | MAP_FIXED, page_of(va, 8));
  const auto moved = remap(guest, va, 8, 9, MREMAP_MAYMOVE);
  REQUIRE(moved.has_value());
  CHECK(*moved == guest.mm().mmap_base - 9 * page_size);
  for (std::uint32_t i = 0; i < 4; ++i) CHECK(guest.byte_at(page_of(*moved, i)) == i + 1);
  CHECK(guest.load(va).last() == Verdict::segv_maperr);
  const auto part = remap(guest, page_of(*moved, 1), 2, 1, MREMAP_MAYMOVE | MREMAP_FIXED, somewhere);
  CHECK(part == somewhere);  // shrunk on the way
  CHECK(guest.byte_at(somewhere) == 2);
  CHECK(guest.load(page_of(*moved, 2)).last() == Verdict::segv_maperr);
}

TEST_CASE("mremap with length 0 duplicates a shared mapping", "[mm][mremap]") {
  Guest guest;
  const VirtAddr va = guest.map(2, RW, anon_shared);
  guest.store(va, 5);
  const auto twin = remap(guest, va, 0, 2, MREMAP_MAYMOVE);
  REQUIRE(twin.has_value());
  CHECK(*twin != va);
  CHECK(guest.byte_at(*twin) == 5);
  guest.store(page_of(*twin, 1), 6);
  CHECK(guest.byte_at(page_of(va, 1)) == 6);
}

TEST_CASE("mremap grows into a neighbour it then merges with", "[mm][mremap][merge]") {
  Guest guest;
  const VirtAddr va = guest.map(6);
  guest.unmap(page_of(va, 2), 2);
  CHECK(remap(guest, va, 2, 4) == va);
  CHECK(guest.layout(va) == "0-6:rw*");
}

TEST_CASE("mremap of a mapping that tables cannot be had for", "[mm][mremap][oom]") {
  Guest guest{SoftDirtyMode::documented, 32 * page_size};
  const VirtAddr va = guest.map(2);
  guest.store(va, 3);
  const std::uint64_t total = guest.mm().total_vm;
  while (guest.pages().free_pages() != 0) static_cast<void>(guest.pages().alloc());
  CHECK(remap(guest, va, 2, 2, MREMAP_MAYMOVE | MREMAP_FIXED, somewhere) == unexpected(Errno::enomem));
  CHECK(guest.byte_at(va) == 3);  // all as it was
  CHECK(guest.mm().total_vm == total);
}
