// The vectors of the reference: one table set, each with its change and the FSR word or address that comes out.
#include "lpaemu/mmu/testing/walk_machine.h"

namespace lpaemu::mmu {
namespace {

using namespace testing;
using Machine = WalkMachine;

}  // namespace

TEST_CASE("vector 1: a user page is written", "[mmu][walk][vector-1][M-14][M-15][M-23]") {
  const Machine m;
  const auto found = m.access(0x1234, w);
  REQUIRE(found);
  CHECK(found->pa == PhysAddr{0x1'2345'6234});
  CHECK(found->level == 3);
  CHECK(found->leaf == Descriptor{Machine::leaf});
  CHECK(found->entry == PhysAddr{l3 + 8});
  CHECK(leaf::nG.get(found->leaf));
  CHECK(leaf::AttrIndx.get(found->leaf) == 7);
  CHECK(leaf::SH.get(found->leaf) == Sh::inner_shareable);
}

TEST_CASE("vectors 2 to 4: AP[2] stops writes of both privilege levels, XN stops fetches",
          "[mmu][walk][vector-2][vector-3][vector-4][M-28][M-34]") {
  Machine m;
  m.leaf_is(0x00e0'0001'2345'6fdf);
  CHECK(m.fsr(0x1234, w) == 0xa0f);
  CHECK(m.fsr(0x1234, w, Privilege::pl1) == 0xa0f);
  CHECK(m.pa(0x1234, r) == 0x1'2345'6234);
  CHECK(m.fsr(0x1234, x) == 0x20f);
}

TEST_CASE("vectors 5 to 7: an invalid entry, a clear access flag, the reserved type",
          "[mmu][walk][vector-5][vector-6][vector-7][M-17][M-18][M-32]") {
  Machine m;
  m.leaf_is(0x00e0'0001'2345'6f5e);
  CHECK(m.fsr(0x1234, r) == 0x207);
  m.leaf_is(0x00e0'0001'2345'635f);
  CHECK(m.fsr(0x1234, r) == 0x20b);
  CHECK(m.fsr(0x1234, w) == 0xa0b);
  m.leaf_is(0x00e0'0001'2345'6f5d);
  CHECK(m.fsr(0x1234, r) == 0x207);
}

TEST_CASE("vectors 8 and 9: the level is that of the invalid entry", "[mmu][walk][vector-8][vector-9][M-35]") {
  Machine m;
  m.store(l2, 0);
  CHECK(m.fsr(0x1234, r) == 0x206);
  CHECK(m.fsr(0x1234, w) == 0xa06);
  m.store(l1, 0);
  CHECK(m.fsr(0x1234, r) == 0x205);
}

TEST_CASE("vector 10: a read-only 2 MiB block", "[mmu][walk][vector-10][M-15][M-35]") {
  Machine m;
  m.store(l2, 0x0060'0001'2340'0fdd);
  CHECK(m.fsr(0x1234, w) == 0xa0e);
  CHECK(m.pa(0x1234, r) == 0x1'2340'1234);
}

TEST_CASE("vectors 11, 12 and 14: table attributes take rights away, the fault names the leaf's level",
          "[mmu][walk][vector-11][vector-12][vector-14][M-21][M-35]") {
  Machine m;
  SECTION("APTable[1] forces read-only") {
    m.store(l1, l2 | 3 | std::uint64_t{1} << 62);
    CHECK(m.fsr(0x1234, w) == 0xa0f);
  }
  SECTION("APTable[0] keeps PL0 out") {
    m.store(l1, l2 | 3 | std::uint64_t{1} << 61);
    CHECK(m.fsr(0x1234, r) == 0x20f);
    CHECK(m.pa(0x1234, w, Privilege::pl1) == 0x1'2345'6234);
  }
  SECTION("XNTable forbids fetches") {
    m.leaf_is(0x0080'0001'2345'6f5f);
    CHECK(m.pa(0x1234, x) == 0x1'2345'6234);
    m.store(l2, l3 | 3 | std::uint64_t{1} << 60);
    CHECK(m.fsr(0x1234, x) == 0x20f);
  }
}

TEST_CASE("vector 13: bits 59 to 63 of a leaf are ignored", "[mmu][walk][vector-13][M-19][M-22]") {
  Machine m;
  m.leaf_is(Machine::leaf | std::uint64_t{0x1f} << 59);
  CHECK(m.pa(0x1234, w) == 0x1'2345'6234);
}

TEST_CASE("vectors 15 and 16: a walk sees the entry as it is now", "[mmu][walk][vector-15][vector-16][M-56]") {
  // What a TLB may remember in between is another matter: these are the states after the invalidation.
  Machine m;
  m.leaf_is(0x00e0'0001'2345'6fdf);
  CHECK(m.fsr(0x1234, w) == 0xa0f);
  m.leaf_is(0x00e0'0001'2345'6f5f);
  CHECK(m.pa(0x1234, w) == 0x1'2345'6234);
  m.leaf_is(0x00e0'0001'2345'6fdf);
  CHECK(m.fsr(0x1234, w) == 0xa0f);
}

TEST_CASE("vectors 17 and 18: EPD0, and the gap between the regions", "[mmu][walk][vector-17][vector-18][M-7][M-8]") {
  Machine m;
  SECTION("EPD0") {
    m.registers.ttbcr = Ttbcr{linux_ttbcr | 1U << 7};
    CHECK(m.fsr(0x1234, r) == 0x205);
  }
  SECTION("gap") {
    m.registers.ttbcr = Ttbcr{linux_ttbcr | 2};
    CHECK(m.fsr(0x5000'0000, r) == 0x205);
  }
}

}  // namespace lpaemu::mmu
