#include "lpaemu/mmu/walk.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <random>
#include <vector>

#include "lpaemu/mmu/testing/walk_machine.h"
#include "lpaemu/mmu/walk_ladder.h"

namespace lpaemu::mmu {
namespace {

using namespace testing;
using Machine = WalkMachine;

struct Recorder final : WalkObserver {
  std::vector<WalkStep> steps;
  void on_step(const WalkStep& step) override { steps.push_back(step); }
};

}  // namespace

TEST_CASE("each software, ignored or hint bit of a leaf leaves the translation alone",
          "[mmu][walk][M-19][M-20][M-33]") {
  const unsigned bit = GENERATE(5U, 52U, 55U, 56U, 57U, 58U, 59U, 60U, 61U, 62U, 63U, range(40U, 52U));
  CAPTURE(bit);
  Machine m;
  m.leaf_is(Machine::leaf ^ std::uint64_t{1} << bit);
  CHECK(m.pa(0x1234, w) == 0x1'2345'6234);
}

TEST_CASE("each ignored bit of a table descriptor leaves the translation alone", "[mmu][walk][M-22][P-2][P-5]") {
  const unsigned bit = GENERATE(range(2U, 12U), range(40U, 59U), 63U);
  const std::uint64_t entry = GENERATE(l1, l2);
  CAPTURE(bit, entry);
  Machine m;
  m.store(entry, m.memory.word(PhysAddr{entry}) | std::uint64_t{1} << bit);
  CHECK(m.pa(0x1234, w) == 0x1'2345'6234);
}

TEST_CASE("blocks map their whole size, from the first byte to the last", "[mmu][walk][armv7-B3.6.1][M-15][M-35]") {
  Machine m;
  SECTION("1 GiB at level 1, above 4 GiB, its low address bits ignored") {
    m.store(l1 + 8, 0x0000'00ff'ffff'f741 & ~std::uint64_t{0x2});
    CHECK(m.pa(0x4000'0000, w) == 0xff'c000'0000);
    CHECK(m.pa(0x7fff'ffff, w) == 0xff'ffff'ffff);
    CHECK(m.access(0x7fff'ffff, r)->level == 1);
    CHECK(m.fsr(0x8000'0000, r) == 0x205);
  }
  SECTION("2 MiB at level 2") {
    m.store(l2 + 8, 0x0000'0012'3460'0741);
    CHECK(m.pa(0x0020'0000, w) == 0x12'3460'0000);
    CHECK(m.pa(0x003f'ffff, w) == 0x12'347f'ffff);
    CHECK(m.access(0x003f'ffff, r)->level == 2);
    CHECK(m.fsr(0x0040'0000, r) == 0x206);
  }
  SECTION("4 KiB at level 3") {
    CHECK(m.pa(0x1000, w) == 0x1'2345'6000);
    CHECK(m.pa(0x1fff, w) == 0x1'2345'6fff);
    CHECK(m.fsr(0x0fff, r) == 0x207);
    CHECK(m.fsr(0x2000, r) == 0x207);
  }
}

TEST_CASE("a block reports access flag and permission at its own level", "[mmu][walk][M-32][M-35]") {
  struct Row {
    std::uint64_t entry;
    std::uint32_t access_flag, permission;
  };
  const auto row = GENERATE(values<Row>({{l1, 0x209, 0x20d}, {l2, 0x20a, 0x20e}}));
  Machine m;
  m.store(row.entry, 0x0000'0000'8000'0341);  // AF = 0
  CHECK(m.fsr(0, r) == row.access_flag);
  CHECK(m.fsr(0, w) == (row.access_flag | 0x800));
  CHECK(m.fsr(0, x) == row.access_flag);
  m.store(row.entry, 0x0000'0000'8000'0701);  // AP[2:1] = 00
  CHECK(m.fsr(0, r) == row.permission);
  m.store(row.entry, 0x0000'0000'8000'07c1);  // AP[2:1] = 11
  CHECK(m.fsr(0, w) == (row.permission | 0x800));
}

TEST_CASE("tables and pages lie anywhere in 40 bits", "[mmu][walk][M-12][M-14][M-15]") {
  FakeMemory memory;
  const std::uint64_t high1 = 0xff'0000'0000;
  const std::uint64_t high2 = 0x80'0000'1000;
  const std::uint64_t high3 = 0xff'ffff'f000;
  for (const std::uint64_t pa : {high1, high2, high3}) memory.add_page(PhysAddr{pa});
  REQUIRE(memory.write64(PhysAddr{high1 + 24}, high2 | 3));
  REQUIRE(memory.write64(PhysAddr{high2 + 511 * 8}, high3 | 3));
  REQUIRE(memory.write64(PhysAddr{high3 + 511 * 8}, 0xff'ffff'f743));
  const Regime regime{{Ttbcr{0x8000'0000}, Ttbr{high1}, Ttbr{}, Mair{}, Sctlr{mmu_on}}};
  const auto found = walk(memory, regime, VirtAddr{0xffff'ffff}, w, Privilege::pl0);
  REQUIRE(found);
  CHECK(found->pa == PhysAddr{0xff'ffff'ffff});
}

TEST_CASE("the access flag is looked at before permissions", "[mmu][walk][armv7-B3.7.3][M-32][M-42]") {
  Machine m;
  m.leaf_is(0x0460'0001'2345'6383);  // AF = 0, AP[2:1] = 10, XN
  for (const Privilege privilege : {Privilege::pl0, Privilege::pl1}) {
    CHECK(m.fsr(0x1234, r, privilege) == 0x20b);
    CHECK(m.fsr(0x1234, w, privilege) == 0xa0b);
    CHECK(m.fsr(0x1234, x, privilege) == 0x20b);
  }
}

TEST_CASE("an invalid entry faults whatever its other bits say", "[mmu][walk][M-17]") {
  Machine m;
  m.leaf_is(~std::uint64_t{1});
  CHECK(m.fsr(0x1234, r) == 0x207);
  m.store(l2, ~std::uint64_t{1});
  CHECK(m.fsr(0x1234, r) == 0x206);
  m.store(l1, ~std::uint64_t{1});
  CHECK(m.fsr(0x1234, r) == 0x205);
}

TEST_CASE("no memory behind a table is an external abort on the walk at that level", "[mmu][walk][armv7-B3.12][M-35]") {
  const std::uint64_t nowhere = 0x7'0000'0000;
  Machine m;
  SECTION("level 3") {
    m.store(l2, nowhere | 3);
    CHECK(m.fsr(0x1234, r) == 0x217);
    CHECK(m.fsr(0x1234, w) == 0xa17);
    CHECK(m.fsr(0x1234, x) == 0x217);
  }
  SECTION("level 2") {
    m.store(l1, nowhere | 3);
    CHECK(m.fsr(0x1234, r) == 0x216);
  }
  SECTION("level 1") {
    m.registers.ttbr0 = Ttbr{nowhere};
    CHECK(m.fsr(0x1234, r) == 0x215);
  }
}

TEST_CASE("with the MMU off addresses are physical and nothing faults", "[mmu][walk][armv7-B3.2]") {
  Machine m;
  m.registers.sctlr = Sctlr{0};
  m.registers.ttbcr = Ttbcr{0};
  for (const Access access : {r, w, x}) {
    for (const Privilege privilege : {Privilege::pl0, Privilege::pl1}) {
      const auto found = m.access(0xffff'fffc, access, privilege);
      REQUIRE(found);
      CHECK(found->pa == PhysAddr{0xffff'fffc});
      CHECK(found->level == 0);
      CHECK(found->permissions == Permissions::all());
    }
  }
}

TEST_CASE("SCTLR.EE makes the walk read big-endian descriptors", "[mmu][walk][armv7-B4.1.130]") {
  const auto swapped = [](std::uint64_t value) {
    std::uint64_t out = 0;
    for (unsigned byte = 0; byte < 8; ++byte) out |= (value >> (8 * byte) & 0xff) << (56 - 8 * byte);
    return out;
  };
  Machine m;
  m.registers.sctlr = Sctlr{mmu_on | 1U << 25};
  CHECK(m.fsr(0x1234, r) == 0x205);  // a little-endian entry is an invalid big-endian one
  m.store(l1, swapped(l2 | 3));
  m.store(l2, swapped(l3 | 3));
  m.leaf_is(swapped(Machine::leaf));
  const auto found = m.access(0x1234, w);
  REQUIRE(found);
  CHECK(found->pa == PhysAddr{0x1'2345'6234});
  CHECK(found->leaf == Descriptor{Machine::leaf});
}

TEST_CASE("a region of 1 GiB and less starts at level 2", "[mmu][walk][armv7-B3.6.6][M-9][M-13]") {
  const auto txsz = GENERATE(range(2U, 8U));
  const std::uint32_t size = 0x8000'0000U >> (txsz - 1);
  CAPTURE(txsz);
  FakeMemory memory;
  const PhysAddr root{memory.ram_base() + size / 0x20'0000 * 8};  // aligned to its own size only
  const auto block = [](std::uint32_t number) {
    return std::uint64_t{0x10'0000'0741} + std::uint64_t{number} * 0x20'0000;
  };
  for (std::uint32_t i = 0; i < size / 0x20'0000; ++i) REQUIRE(memory.write64(root + i * 8, block(i)));

  SECTION("in TTBR0") {
    const Regime regime{{Ttbcr{0x8000'0000 | txsz | 1U << 23}, Ttbr{root.raw()}, Ttbr{}, Mair{}, Sctlr{mmu_on}}};
    const auto pa = [&](std::uint32_t va) { return walk(memory, regime, VirtAddr{va}, r, Privilege::pl0); };
    CHECK(pa(0)->pa == PhysAddr{0x10'0000'0000});
    CHECK(pa(size - 1)->pa == PhysAddr{0x10'0000'0000 + std::uint64_t{size} - 1});
    CHECK(pa(size - 1)->level == 2);
    CHECK(fsr_word(pa(size).error()) == 0x205);
  }
  SECTION("in TTBR1") {
    const Regime regime{{Ttbcr{0x8000'0000 | txsz << 16 | 1U << 7}, Ttbr{}, Ttbr{root.raw()}, Mair{}, Sctlr{mmu_on}}};
    const auto pa = [&](std::uint32_t va) { return walk(memory, regime, VirtAddr{va}, r, Privilege::pl0); };
    CHECK(pa(0 - size)->pa == PhysAddr{0x10'0000'0000});
    CHECK(pa(0xffff'ffff)->pa == PhysAddr{0x10'0000'0000 + std::uint64_t{size} - 1});
    CHECK(fsr_word(pa(0 - size - 1).error()) == 0x205);
  }
}

TEST_CASE("a 3G/1G Linux reads the kernel's half through TTBR1 only", "[mmu][walk][P-44][M-66]") {
  Machine m;
  m.store(l1 + 24, l2 | 3);  // the copied entry of TTBR0's table, which nobody reads
  FakeMemory& memory = m.memory;
  const PhysAddr kernel = memory.allocate();
  REQUIRE(memory.write64(kernel, 0x0000'0008'8000'0701));
  m.registers.ttbr1 = Ttbr{kernel.raw()};
  CHECK(m.pa(0xc000'0004, w, Privilege::pl1) == 0x8'8000'0004);
  CHECK(m.fsr(0xc000'0004, r) == 0x20e);
}

TEST_CASE("a walk never writes", "[mmu][walk][M-33]") {
  Machine m;
  m.registers.sctlr = Sctlr{mmu_on | 1U << 17};  // HA has no effect
  m.leaf_is(0x00e0'0001'2345'635f);
  const auto before = m.memory.stores();
  for (const Access access : {r, w, x}) CHECK_FALSE(m.access(0x1234, access));
  CHECK(m.memory.stores() == before);
  CHECK(m.memory.word(PhysAddr{l3 + 8}) == 0x00e0'0001'2345'635f);
}

TEST_CASE("the observer sees every descriptor, the one that stops the walk included", "[mmu][walk][observer]") {
  Machine m;
  constexpr std::uint64_t root = l1 + 0x40;  // four entries that do not begin a page
  m.registers.ttbcr = Ttbcr{0x8000'0000};
  m.registers.ttbr0 = Ttbr{root};
  m.store(root + 2 * 8, l2 | 3);
  m.leaf_is(0);
  Recorder seen;
  REQUIRE_FALSE(m.access(0x8000'1234, r, Privilege::pl0, &seen));
  REQUIRE(seen.steps.size() == 3);
  const struct {
    std::uint64_t table;
    unsigned index;
    std::uint64_t descriptor;
    Kind kind;
  } expected[] = {{root, 2, l2 | 3, Kind::table}, {l2, 0, l3 | 3, Kind::table}, {l3, 1, 0, Kind::invalid}};
  for (unsigned i = 0; i < 3; ++i) {
    const WalkStep& step = seen.steps[i];
    CHECK(step.va == VirtAddr{0x8000'1234});
    CHECK(step.level == i + 1);
    CHECK(step.table == PhysAddr{expected[i].table});
    CHECK(step.index == expected[i].index);
    CHECK(step.entry == PhysAddr{expected[i].table + expected[i].index * 8});
    CHECK(step.descriptor == Descriptor{expected[i].descriptor});
    CHECK(step.kind == expected[i].kind);
  }
}

TEST_CASE("the ladder over a memory's own type ends as the walk does, with and without an observer",
          "[mmu][walk][walk_ladder]") {
  struct Ends {
    Expected<Translation, Fault> end;
    static Ends translation(const Translation& t) { return {t}; }
    static Ends fault(const Fault& f) { return {unexpected(Fault{f})}; }
  };
  const auto same = [](const Expected<Translation, Fault>& a, const Expected<Translation, Fault>& b) {
    if (!a || !b) return !a && !b && a.error() == b.error();
    return a->pa == b->pa && a->level == b->level && a->leaf == b->leaf && a->entry == b->entry &&
           a->permissions == b->permissions;
  };
  std::mt19937_64 random{5};
  const Regime regime{{Ttbcr{0x8000'0000}, Ttbr{l1}, Ttbr{}, Mair{}, Sctlr{mmu_on}}};
  unsigned good = 0;
  for (int i = 0; i < 2000; ++i) {
    Machine m;
    m.store(l1, (random() & ~std::uint64_t{0xff'ffff'f000}) | l2 | random() % 8 | 1);
    m.store(l2, (random() & ~std::uint64_t{0xff'ffff'f000}) | l3 | random() % 8 | 1);
    m.store(l3 + 8, random() | (random() % 8 == 0 ? 0 : 0x403));
    const auto access = static_cast<Access>(random() % 3);
    const auto privilege = static_cast<Privilege>(random() % 2);
    const auto found = walk(m.memory, regime, VirtAddr{0x1234}, access, privilege);
    Recorder seen;
    REQUIRE(same(found, walk(m.memory, regime, VirtAddr{0x1234}, access, privilege, &seen)));
    REQUIRE(same(found, walk_as<Ends>(m.memory, regime, VirtAddr{0x1234}, access, privilege).end));
    good += found ? 1 : 0;
  }
  CHECK(good > 200);  // both ends are met
  CHECK(good < 1800);
}

}  // namespace lpaemu::mmu
