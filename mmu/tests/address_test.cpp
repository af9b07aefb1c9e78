#include "lpaemu/mmu/address.h"

#include <catch2/catch_test_macros.hpp>

#include "lpaemu/mmu/testing/stringify.h"

namespace lpaemu::mmu {

TEST_CASE("a virtual address knows its page and wraps at 4 GiB", "[mmu][address]") {
  constexpr VirtAddr va{0x1234'5678};
  CHECK(va.page() == VirtAddr{0x1234'5000});
  CHECK(va.page_offset() == 0x678);
  CHECK(va.page_number() == 0x12345);
  CHECK_FALSE(va.is_page_aligned());
  CHECK(va.page().is_page_aligned());
  CHECK(VirtAddr{0xffff'fff0} + 0x20 == VirtAddr{0x10});
  CHECK(VirtAddr{0x10} - 0x20 == VirtAddr{0xffff'fff0});
  CHECK(VirtAddr{0x10} - VirtAddr{0xffff'fff0} == 0x20);
  CHECK(VirtAddr{0x1000} < VirtAddr{0x8000'0000});
}

TEST_CASE("a physical address has 40 bits", "[mmu][address][M-12][P-1]") {
  CHECK(PhysAddr{0xffff'ff12'3456'789a}.raw() == 0x12'3456'789a);
  CHECK(PhysAddr{0xff'ffff'ffff}.raw() == 0xff'ffff'ffff);
  CHECK(PhysAddr{0xff'ffff'ffff}.pfn() == Pfn{std::uint64_t{0xfff'ffff}});
  CHECK(PhysAddr{Pfn{std::uint64_t{0xfff'ffff}}} == PhysAddr{0xff'ffff'f000});
  CHECK(PhysAddr{0x8'8000'1234}.page() == PhysAddr{0x8'8000'1000});
  CHECK(PhysAddr{0x8'8000'1234}.page_offset() == 0x234);
  CHECK(PhysAddr{0xffff'f000} + 0x1000 == PhysAddr{0x1'0000'0000});
  CHECK(PhysAddr{0x1'0000'0000} - PhysAddr{0xffff'f000} == 0x1000);
}

}  // namespace lpaemu::mmu
