#include "lpaemu/mmu/table_builder.h"

#include <catch2/catch_test_macros.hpp>

#include "lpaemu/mmu/testing/fake_memory.h"
#include "lpaemu/mmu/testing/stringify.h"
#include "lpaemu/mmu/walk.h"

namespace lpaemu::mmu {
namespace {

struct Fixture {
  FakeMemory memory;
  PhysAddr root = memory.allocate();
  Regime regime{{Ttbcr{0x8000'0000}, Ttbr{root.raw()}, Ttbr{}, Mair{}, Sctlr{1}}};
  TableBuilder builder{memory, *regime.start(VirtAddr{0}), [this] { return memory.allocate(); }};

  [[nodiscard]] auto read(std::uint32_t va) const {
    return walk(memory, regime, VirtAddr{va}, Access::read, Privilege::pl0);
  }
};

}  // namespace

TEST_CASE("a walk finds the leaves that the builder set", "[mmu][table_builder][P-4]") {
  Fixture f;
  f.builder.set_leaf(VirtAddr{0x8060'3000}, 3, Descriptor{0x9'0000'5743});
  f.builder.set_leaf(VirtAddr{0x8080'0000}, 2, Descriptor{0x9'0040'0741});
  f.builder.set_leaf(VirtAddr{0x4000'0000}, 1, Descriptor{0xa'0000'0741});
  REQUIRE((f.read(0x8060'3fff) && f.read(0x8080'0001) && f.read(0x7fff'ffff)));
  CHECK(f.read(0x8060'3fff)->pa == PhysAddr{0x9'0000'5fff});
  CHECK(f.read(0x8080'0001)->pa == PhysAddr{0x9'0040'0001});
  CHECK(f.read(0x7fff'ffff)->pa == PhysAddr{0xa'3fff'ffff});
  CHECK(f.read(0x8060'4000).error().level == 3);
  CHECK(f.read(0x8040'0000).error().level == 2);
  CHECK(f.read(0xc000'0000).error().level == 1);
  // A table entry is the address and the type, without attributes.
  CHECK((f.memory.word(f.root + 2 * 8) & 0xfff) == 3);
  CHECK(f.memory.word(f.root + 2 * 8) >> 40 == 0);
}

TEST_CASE("tables are made once", "[mmu][table_builder]") {
  Fixture f;
  const PhysAddr entry = f.builder.entry(VirtAddr{0x1000}, 3);
  const auto stores = f.memory.stores();
  CHECK(f.builder.entry(VirtAddr{0x1000}, 3) == entry);
  CHECK(f.builder.entry(VirtAddr{0x2000}, 3) == entry + 8);
  CHECK(f.memory.stores() == stores);
}

TEST_CASE("limit_table adds hierarchical attributes", "[mmu][table_builder][M-21]") {
  Fixture f;
  f.builder.set_leaf(VirtAddr{0x1000}, 3, Descriptor{0x9'0000'5743});
  REQUIRE(f.read(0x1000));
  f.builder.limit_table(VirtAddr{0x1000}, 1, table::APTable0.with(Descriptor{}, true));
  CHECK(fsr_word(f.read(0x1000).error()) == 0x20f);
}

TEST_CASE("the builder starts where the walk does", "[mmu][table_builder][M-13]") {
  FakeMemory memory;
  const PhysAddr root = memory.allocate() + 0x800;
  const Regime regime{{Ttbcr{0x8080'0003}, Ttbr{root.raw()}, Ttbr{}, Mair{}, Sctlr{1}}};  // 512 MiB, level 2
  TableBuilder builder{memory, *regime.start(VirtAddr{0}), [&memory] { return memory.allocate(); }};
  builder.set_leaf(VirtAddr{0x1fff'f000}, 3, Descriptor{0x9'0000'5743});
  CHECK(walk(memory, regime, VirtAddr{0x1fff'f000}, Access::read, Privilege::pl0)->pa == PhysAddr{0x9'0000'5000});
  CHECK(memory.word(root + 255 * 8) != 0);
}

}  // namespace lpaemu::mmu
