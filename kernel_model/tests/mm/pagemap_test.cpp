// Entries of pagemap. [linux-soft-dirty 3]
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "support/soft_dirty.h"

using namespace lpaemu;
using namespace lpaemu::kernel;
using namespace lpaemu::kernel::testing;

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
