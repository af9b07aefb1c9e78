#include "lpaemu/mmu/testing/fake_memory.h"

#include <catch2/catch_test_macros.hpp>

#include "lpaemu/mmu/testing/stringify.h"

namespace lpaemu::mmu {

TEST_CASE("the fake memory is a RAM, single pages, and nothing between", "[mmu][fake_memory]") {
  FakeMemory memory{PhysAddr{0x8'8000'0000}, 2};
  memory.add_page(PhysAddr{0x1000});
  for (const std::uint64_t there : {0x1000ULL, 0x1ff8ULL, 0x8'8000'0000ULL, 0x8'8000'1ff8ULL}) {
    CHECK(memory.write64(PhysAddr{there}, there));
    CHECK(memory.read64(PhysAddr{there}) == there);
    CHECK(memory.page(PhysAddr{there}).size() == 4096);
    CHECK(memory.table(PhysAddr{there})[there % 4096 / 8] == there);
  }
  for (const std::uint64_t nothing : {0xff8ULL, 0x2000ULL, 0x8'7fff'fff8ULL, 0x8'8000'2000ULL}) {
    CHECK_FALSE(memory.write64(PhysAddr{nothing}, 1));
    CHECK_FALSE(memory.read64(PhysAddr{nothing}));
    CHECK(memory.page(PhysAddr{nothing}).empty());
    CHECK(memory.table(PhysAddr{nothing}).empty());
  }
  CHECK(memory.stores() == 4);
  CHECK(memory.allocate() == PhysAddr{0x8'8000'0000});
  CHECK(memory.allocate() == PhysAddr{0x8'8000'1000});
}

}  // namespace lpaemu::mmu
