#include "lpaemu/mmu/tlb.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "lpaemu/mmu/testing/tlb_machine.h"

namespace lpaemu::mmu {
namespace {

using enum Tlbi;
constexpr auto r = Access::read;
constexpr auto w = Access::write;
constexpr auto x = Access::execute;

constexpr std::uint32_t va = 0x1234;  // and its TLBIMVA operand under ASID 1:
constexpr std::uint32_t rt = 0x1001;
constexpr std::uint64_t writable_pte = 0x00e0'0001'2345'6f5f;  // of the reference's vectors
constexpr std::uint64_t protected_pte = 0x00e0'0001'2345'6fdf;
constexpr std::uint64_t other_pte = 0x00e0'0001'6543'2f5f;
constexpr std::uint64_t pa = 0x1'2345'6234;
constexpr std::uint64_t other_pa = 0x1'6543'2234;

/// One page at 0x1000 under ASID 1.
struct OnePage : TlbMachine {
  explicit OnePage(std::uint64_t leaf = writable_pte) { map(va, leaf); }
};

/// How often an outcome is in the list, as FSR word or physical address.
bool has_fsr(const std::vector<Tlb::Result>& outcomes, std::uint32_t word) {
  return std::count_if(outcomes.begin(), outcomes.end(),
                       [word](const Tlb::Result& one) { return !one && fsr_word(one.error()) == word; }) == 1;
}
bool has_pa(const std::vector<Tlb::Result>& outcomes, std::uint64_t where) {
  return std::count_if(outcomes.begin(), outcomes.end(),
                       [where](const Tlb::Result& one) { return one && one->pa == PhysAddr{where}; }) == 1;
}

}  // namespace

TEST_CASE("vector 15: a page becomes writable without TLBI", "[mmu][tlb][vector-15][M-54]") {
  OnePage m{protected_pte};
  CHECK(m.fsr(va, w) == 0xa0f);  // cached though it denies
  m.map(va, writable_pte);
  const auto allowed = m.outcomes(va, w);
  CHECK(allowed.size() == 2);
  CHECK(has_pa(allowed, pa));
  CHECK(has_fsr(allowed, 0xa0f));
  CHECK(m.fsr(va, w) == 0xa0f);  // this TLB forgets nothing by itself
  m.invalidate(TLBIMVA, rt);
  CHECK(m.outcomes(va, w).size() == 1);
  CHECK(m.pa(va, w) == pa);
}

TEST_CASE("vector 16: a page becomes read-only without TLBI", "[mmu][tlb][vector-16][M-56]") {
  OnePage m;
  CHECK(m.pa(va, w) == pa);
  m.map(va, protected_pte);
  const auto allowed = m.outcomes(va, w);
  CHECK(allowed.size() == 2);
  CHECK(has_pa(allowed, pa));
  CHECK(has_fsr(allowed, 0xa0f));
  CHECK(m.pa(va, w) == pa);  // the lost store
  m.invalidate(TLBIMVA, rt);
  CHECK(m.outcomes(va, w).size() == 1);
  CHECK(m.fsr(va, w) == 0xa0f);
}

TEST_CASE("a write-protect, an unmap, a move and a clear access flag need an invalidation", "[mmu][tlb][M-56]") {
  const std::uint64_t changed = GENERATE(as<std::uint64_t>{}, protected_pte, 0, other_pte, writable_pte & ~accessed);
  OnePage m;
  m.pa(va, w);
  m.map(va, changed);
  CHECK(m.pa(va, w) == pa);
  const Tlbi enough = GENERATE(TLBIALL, TLBIALLIS, TLBIMVA, TLBIMVAIS, TLBIMVAA, TLBIMVAAIS, TLBIASID, TLBIASIDIS);
  m.invalidate(enough, rt);
  CHECK(m.access(va, w) == m.fresh(va, w));
  const auto now = m.access(va, w);
  CHECK((!now || now->pa == PhysAddr{other_pa}));
}

TEST_CASE("translation and access flag faults are never cached", "[mmu][tlb][M-53]") {
  TlbMachine m;
  SECTION("invalid at level 1") { CHECK(m.fsr(va) == 0x205); }
  SECTION("invalid at level 2") {
    m.entry(va, 2);
    CHECK(m.fsr(va) == 0x206);
  }
  SECTION("invalid at level 3") {
    m.map(va, writable_pte - 1);
    CHECK(m.fsr(va) == 0x207);
  }
  SECTION("the reserved type at level 3") {
    m.map(va, writable_pte & ~page_not_block);
    CHECK(m.fsr(va) == 0x207);
  }
  SECTION("access flag of a page") {
    m.map(va, writable_pte & ~accessed);
    CHECK(m.fsr(va) == 0x20b);
    CHECK(m.fsr(va, w) == 0xa0b);
    CHECK(m.fsr(va, x) == 0x20b);
  }
  CHECK(m.tlb.entries().empty());
  m.map(va, writable_pte);
  CHECK(m.outcomes(va, w).size() == 1);
  CHECK(m.pa(va, w) == pa);
}

TEST_CASE("an access flag fault of a block is not cached either", "[mmu][tlb][M-53]") {
  const unsigned level = GENERATE(1U, 2U);
  TlbMachine m;
  m.map(va, (user_page & ~page_not_block) & ~accessed, level);
  CHECK(m.fsr(va) == 0x208 + level);
  CHECK(m.tlb.entries().empty());
  m.map(va, user_page & ~page_not_block, level);
  CHECK(m.pa(va) == 0x1234);
}

TEST_CASE("an external abort on a walk is not cached", "[mmu][tlb][M-53]") {
  TlbMachine m;
  m.map(va, 0x6000'0000 | 3, 2);  // a table where there is no memory
  CHECK(m.fsr(va) == 0x217);
  CHECK(m.tlb.entries().empty());
  m.memory.add_page(PhysAddr{0x6000'0000});
  m.store(PhysAddr{0x6000'0008}, writable_pte);
  CHECK(m.pa(va) == pa);
}

TEST_CASE("an entry that denies is cached and answers other accesses", "[mmu][tlb][M-54]") {
  OnePage m{protected_pte};
  CHECK(m.fsr(va, w) == 0xa0f);
  REQUIRE(m.tlb.entries().size() == 1);
  m.store(m.entry(va), 0);
  CHECK(m.pa(va, r) == pa);  // from the entry
  CHECK(m.fsr(va, w, Privilege::pl1) == 0xa0f);
  CHECK(m.fsr(va, x) == 0x20f);
  CHECK(m.tlb.entries().size() == 1);
}

TEST_CASE("the fault of a cached block names the block's level", "[mmu][tlb][M-54][M-35]") {
  const unsigned level = GENERATE(1U, 2U);
  TlbMachine m;
  m.map(va, (user_page & ~page_not_block) | read_only, level);
  CHECK(m.pa(va) == 0x1234);
  m.store(m.entry(va, level), 0);
  CHECK(m.fsr(va, w) == 0xa0c + level);
  CHECK(m.fsr(0x1f'f000, w) == 0xa0c + level);  // another page of the block
}

TEST_CASE("a block goes with any address inside it", "[mmu][tlb][M-51]") {
  struct Row {
    unsigned level;
    std::uint32_t last_page;
  };
  const auto row = GENERATE(values<Row>({{1, 0x3fff'f000}, {2, 0x1f'f000}}));
  TlbMachine m;
  m.map(va, user_page & ~page_not_block, row.level);
  CHECK(m.pa(va) == 0x1234);
  m.map(va, (user_page & ~page_not_block) | read_only, row.level);
  m.invalidate(TLBIMVA, row.last_page + 0x1000);  // just behind
  CHECK(m.pa(va, w) == 0x1234);
  m.invalidate(TLBIMVA, row.last_page);
  CHECK(m.fsr(va, w) == 0xa0c + row.level);
}

TEST_CASE("a cached table is used for pages that are not cached themselves", "[mmu][tlb][M-55]") {
  OnePage m;
  m.map(0x2234, writable_pte);
  CHECK(m.pa(va) == pa);
  const PhysAddr freed = m.entry(va).page();

  SECTION("unlinked: the freed page is still walked") {
    m.store(m.entry(va, 2), 0);
    m.store(freed + 16, other_pte);  // somebody's data by now
    const auto allowed = m.outcomes(0x2234);
    CHECK(allowed.size() == 2);
    CHECK(has_fsr(allowed, 0x206));
    CHECK(has_pa(allowed, other_pa));
    CHECK(m.pa(0x2234) == other_pa);
    const auto cure = GENERATE(
        values<std::pair<Tlbi, std::uint32_t>>({{TLBIALL, 0}, {TLBIASID, 1}, {TLBIMVA, 0x2001}, {TLBIMVAA, 0x2000}}));
    m.invalidate(cure.first, cure.second);
    CHECK(m.fsr(0x2234) == 0x206);
  }
  SECTION("the cached descriptor keeps the limits of all levels") {
    TlbMachine limited;
    limited.map(va, writable_pte);
    limited.map(0x2234, writable_pte);
    const PhysAddr top = limited.entry(va, 1);
    const std::uint64_t table = limited.memory.word(top);
    limited.store(top, table | 1ULL << 62);  // APTable[1]
    CHECK(limited.fsr(va, w) == 0xa0f);
    limited.store(top, table);
    // Level 1 goes with an address far away; level 2 remembers what it forbade.
    limited.invalidate(TLBIMVA, 0x3fff'f001);
    REQUIRE(limited.tlb.tables().size() == 1);
    CHECK(limited.tlb.tables()[0].level == 2);
    CHECK(limited.fsr(0x2234, w) == 0xa0f);
    CHECK(limited.pa(0x2234, r) == pa);
    limited.invalidate(TLBIMVA, 0x2001);
    CHECK(limited.pa(0x2234, w) == pa);
  }
  SECTION("level 1 alone: level 2 is read again") {
    m.store(m.entry(0x20'0000, 2), 0x6000'0000 | (user_page & ~page_not_block));
    m.store(m.root, 0);
    CHECK(m.pa(0x20'0000) == 0x6000'0000);
    m.invalidate(TLBIMVA, 0x3fff'f001);  // another 2 MiB of the same 1 GiB
    m.invalidate(TLBIMVA, 0x20'0001);
    CHECK(m.fsr(0x20'0000) == 0x205);
  }
}

TEST_CASE("an entry that is no table any more, seen through the walk cache", "[mmu][tlb][M-55]") {
  // The table becomes a block: pages that are cached conflict only once the block is, see M-59.
  OnePage m;
  CHECK(m.pa(va) == pa);
  m.store(m.entry(va, 2), 0x6000'0000 | (user_page & ~page_not_block));
  CHECK(m.fsr(0x3000) == 0x207);  // the old table has nothing there
  const auto allowed = m.outcomes(0x3000);
  CHECK(allowed.size() == 2);
  CHECK(has_pa(allowed, 0x6000'3000));
}

TEST_CASE("cached tables of big-endian tables", "[mmu][tlb][M-55]") {
  TlbMachine m;
  for (const std::uint32_t page : {va, std::uint32_t{0x2234}}) m.map(page, writable_pte);
  for (const PhysAddr entry : {m.entry(va, 1), m.entry(va, 2), m.entry(va), m.entry(0x2234)})
    m.store(entry, __builtin_bswap64(m.memory.word(entry)));
  m.registers.sctlr = SCTLR::EE.with(m.registers.sctlr, true);
  CHECK(m.pa(va) == pa);
  CHECK(m.tlb.tables().size() == 2);
  m.store(m.root, 0);
  CHECK(m.pa(0x2234) == pa);
}

TEST_CASE("an entry with nG is its ASID's, one without is everybody's", "[mmu][tlb][M-57]") {
  TlbMachine m{1};
  m.map(va, writable_pte);                   // nG
  m.map(0x5678, 0x1'2345'6000 | user_page);  // global
  CHECK(m.pa(va) == pa);
  CHECK(m.pa(0x5678) == 0x1'2345'6678);
  m.store(m.entry(va), other_pte);
  m.store(m.entry(0x5678), 0x1'6543'2000 | user_page);
  m.switch_to(2);
  CHECK(m.pa(va) == other_pa);
  CHECK(m.pa(0x5678) == 0x1'2345'6678);
  m.switch_to(1);  // a change of ASID invalidated nothing
  CHECK(m.pa(va) == pa);
  m.invalidate(TLBIASID, 1);
  CHECK(m.pa(va) == other_pa);
  CHECK(m.pa(0x5678) == 0x1'2345'6678);  // global
  m.invalidate(TLBIMVA, 0x5007);         // any ASID
  CHECK(m.pa(0x5678) == 0x1'6543'2678);
}

TEST_CASE("a new table base under the old ASID invalidates nothing", "[mmu][tlb][M-57]") {
  OnePage m;
  CHECK(m.pa(va) == pa);
  m.registers.ttbr0 = TlbMachine::ttbr(m.memory.allocate(), 1);  // empty tables
  CHECK(m.pa(va) == pa);
  CHECK(m.fsr(0x2234) == 0x207);  // from the old table, behind the cached descriptors
  m.switch_to(2);
  CHECK(m.pa(va) == pa);  // another ASID walks
  m.store(m.entry(va), 0);
  m.switch_to(3);
  CHECK(m.fsr(va) == 0x207);
}

TEST_CASE("TTBCR.A1 selects whose ASID tags and matches", "[mmu][tlb][M-57][M-6]") {
  OnePage m;
  m.registers.ttbr1 = TlbMachine::ttbr(m.root, 9);
  m.registers.ttbcr = TTBCR::A1.with(m.registers.ttbcr, true);
  CHECK(m.pa(va) == pa);
  REQUIRE(m.tlb.entries().size() == 1);
  CHECK(m.tlb.entries()[0].asid == Asid{9});
  m.invalidate(TLBIASID, 1);
  CHECK(m.tlb.entries().size() == 1);
  m.invalidate(TLBIASID, 9);
  CHECK(m.tlb.entries().empty());
}

TEST_CASE("a cached entry keeps what the registers said at its fill", "[mmu][tlb][M-58][M-8]") {
  TlbMachine m;
  m.map(va, 0x1'2345'6000 | user_page);
  CHECK(m.pa(va, x) == pa);
  SECTION("SCTLR.WXN") {
    m.registers.sctlr = SCTLR::WXN.with(m.registers.sctlr, true);
    CHECK(m.pa(va, x) == pa);
    CHECK(has_fsr(m.outcomes(va, x), 0x20f));
    m.invalidate(TLBIALL);
    CHECK(m.fsr(va, x) == 0x20f);
  }
  SECTION("MAIR") {
    m.registers.mair = Mair{};
    CHECK(m.pa(va) == pa);
    CHECK(m.tlb.entries()[0].memory == MairByte{0xff});
    m.invalidate(TLBIALL);
    CHECK(m.pa(va) == pa);
    CHECK(m.tlb.entries()[0].memory == MairByte{0});
  }
  SECTION("TTBCR.EPD0 stops walks, not hits [M-8]") {
    m.registers.ttbcr = TTBCR::EPD0.with(m.registers.ttbcr, true);
    CHECK(m.pa(va, w) == pa);
    CHECK(m.fsr(0x2234) == 0x205);  // cached tables do not help
    m.invalidate(TLBIALL);
    CHECK(m.fsr(va, w) == 0xa05);
  }
  SECTION("TTBCR.T0SZ, T1SZ: the entry's address lies in the gap now") {
    m.registers.ttbcr = TTBCR::T0SZ.with(TTBCR::T1SZ.with(m.registers.ttbcr, 7), 7);
    m.registers.ttbr0 = TlbMachine::ttbr(m.memory.allocate(), 1);
    CHECK(m.pa(va) == pa);
    m.invalidate(TLBIALL);
    CHECK(m.fsr(va) == 0x206);  // of the new, empty level 2 table
  }
}

TEST_CASE("with the MMU off the TLB takes no part", "[mmu][tlb][M-58]") {
  OnePage m;
  CHECK(m.pa(va) == pa);
  m.registers.sctlr = Sctlr{};
  CHECK(m.pa(va) == va);
  CHECK(m.outcomes(va).size() == 1);
  CHECK(m.tlb.entries().size() == 1);
  m.registers.sctlr = Sctlr{1};
  CHECK(m.pa(va) == pa);
}

TEST_CASE("a block over a cached page is a conflict once both are cached", "[mmu][tlb][M-59]") {
  OnePage m;
  CHECK(m.pa(va) == pa);
  m.store(m.entry(va, 2), 0x6000'0000 | (user_page & ~page_not_block));
  m.invalidate(TLBIMVA, 0x3001);  // not the page: break-before-make is missing
  CHECK(m.pa(0x3234) == 0x6000'3234);
  CHECK(m.tlb.hits(VirtAddr{va}, Asid{1}, r).size() == 2);
  CHECK(m.fsr(va, r) == 0x230);
  CHECK(m.fsr(va, w) == 0xa30);
  CHECK(m.fsr(va, x) == 0x230);
  const auto allowed = m.outcomes(va);
  CHECK(allowed.size() == 3);
  CHECK(has_fsr(allowed, 0x230));
  CHECK(has_pa(allowed, pa));
  CHECK(has_pa(allowed, 0x6000'1234));
  CHECK(m.pa(0x3234) == 0x6000'3234);  // elsewhere in the block all is well
  m.invalidate(TLBIMVA, rt);
  CHECK(m.pa(va) == 0x6000'1234);
}

TEST_CASE("break before make: no conflict", "[mmu][tlb][M-59]") {
  OnePage m;
  CHECK(m.pa(va) == pa);
  m.store(m.entry(va, 2), 0);
  m.invalidate(TLBIMVA, rt);
  m.store(m.entry(va, 2), 0x6000'0000 | (user_page & ~page_not_block));
  CHECK(m.pa(0x3234) == 0x6000'3234);
  CHECK(m.pa(va) == 0x6000'1234);
}

TEST_CASE("a global entry conflicts with an ASID's own", "[mmu][tlb][M-59][M-57]") {
  OnePage m;
  CHECK(m.pa(va) == pa);
  m.store(m.entry(va), 0x1'6543'2000 | user_page);
  m.switch_to(2);
  CHECK(m.pa(va) == other_pa);
  m.switch_to(1);
  CHECK(m.fsr(va) == 0x230);
  m.switch_to(2);
  CHECK(m.pa(va) == other_pa);
}

TEST_CASE("instruction and data side", "[mmu][tlb][M-50]") {
  TlbMachine m;
  m.map(va, 0x1'2345'6000 | user_page);
  const Access first = GENERATE(r, w, x);
  CHECK(m.pa(va, first) == pa);
  m.map(va, 0x1'6543'2000 | user_page);
  for (const Access other : {r, w, x}) CHECK(m.pa(va, other) == pa);  // whoever filled it
  SECTION("the instruction side alone") {
    m.invalidate(ITLBIMVA, rt);
    CHECK(m.pa(va, r) == pa);
    CHECK(m.pa(va, x) == other_pa);
    CHECK(m.pa(va, r) == pa);  // the fetch filled its own side only
  }
  SECTION("the data side alone") {
    m.invalidate(DTLBIALL);
    CHECK(m.pa(va, x) == pa);
    CHECK(m.pa(va, w) == other_pa);
    CHECK(m.pa(va, x) == pa);
  }
  m.invalidate(TLBIMVA, rt);
  for (const Access other : {r, w, x}) CHECK(m.pa(va, other) == other_pa);
}

}  // namespace lpaemu::mmu
