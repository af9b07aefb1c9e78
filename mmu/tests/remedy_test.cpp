#include "lpaemu/mmu/remedy.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <random>

#include "lpaemu/mmu/linux_pmd.h"
#include "lpaemu/mmu/proc_v7_3level.h"
#include "lpaemu/mmu/testing/walk_machine.h"

namespace lpaemu::mmu {
namespace {

using namespace testing;

constexpr std::uint64_t bit(unsigned number) { return std::uint64_t{1} << number; }
constexpr std::uint64_t user_rwx = 0x0080'0001'2345'6f5f;  // AF, nG, AP = 01, DIRTY
constexpr std::uint64_t clean = (user_rwx | bit(7)) & ~bit(55);
constexpr std::uint64_t section_of(std::uint64_t page) { return page & ~bit(1); }

/// Maps 0x1000 with all rights, by TTBR0 and by TTBR1.
struct Machine : WalkMachine {
  Machine() {
    registers.ttbr1 = Ttbr{l2};
    leaf_is(user_rwx);
  }
  [[nodiscard]] std::vector<Remedy> remedies(std::uint32_t va, Access what,
                                             Privilege privilege = Privilege::pl0) const {
    return remedies_for(memory, Regime{registers}, VirtAddr{va}, what, privilege);
  }

  /// Does what the remedy says; where it leaves the value open, a leaf that grants the access, whatever WXN is.
  void apply(const Remedy& remedy, Access what = Access::read) {
    switch (remedy.place) {
      case RemedyPlace::ttbcr: registers.ttbcr = remedy.apply(registers.ttbcr); return;
      case RemedyPlace::sctlr: registers.sctlr = remedy.apply(registers.sctlr); return;
      case RemedyPlace::descriptor:
        store(remedy.entry.raw(), remedy.apply(Descriptor{memory.word(remedy.entry)}).raw());
        return;
      case RemedyPlace::none: break;
    }
    if (remedy.obstacle == Obstacle::no_memory) memory.add_page(remedy.entry.page());
    const std::uint64_t page = what == Access::write ? user_rwx : user_rwx | bit(7);
    store(remedy.entry.raw(), remedy.level == 3 ? page : section_of(page));
  }
  /// Applies them one after the other: none may be one too many, and after the last the access must succeed.
  void check_cure(std::uint32_t va, Access what, Privilege privilege) {
    const auto all = remedies(va, what, privilege);
    CAPTURE(va, to_string(what), privilege);
    REQUIRE_FALSE(all.empty());
    for (const Remedy& remedy : all) {
      INFO("before: " << remedy.text);
      REQUIRE_FALSE(access(va, what, privilege));
      apply(remedy, what);
    }
    INFO("after: " << all.back().text);
    const auto found = access(va, what, privilege);
    if (!found) FAIL(describe(found.error()));
    CHECK(remedies(va, what, privilege).empty());
  }
};

std::vector<std::string> texts(const std::vector<Remedy>& remedies) {
  std::vector<std::string> all;
  for (const Remedy& remedy : remedies) all.push_back(remedy.text);
  return all;
}
using Texts = std::vector<std::string>;

struct Row {
  const char* text;
  std::uint64_t l1_entry;
  std::uint64_t l2_entry;
  std::uint64_t l3_entry;
  std::uint32_t sctlr;
  Access access;
  Privilege privilege;
};

constexpr std::uint64_t t1 = l2 | 3;
constexpr std::uint64_t t2 = l3 | 3;
constexpr auto pl0 = Privilege::pl0;
constexpr auto pl1 = Privilege::pl1;

}  // namespace

TEST_CASE("an access that succeeds needs no remedy", "[mmu][remedy]") {
  const Machine m;
  for (const Access access : {r, w, x}) CHECK(m.remedies(0x1234, access).empty());
}

TEST_CASE("each obstacle has its remedy, and the remedy helps",
          "[mmu][remedy][M-7][M-8][M-17][M-18][M-21][M-28][M-32]") {
  const auto row = GENERATE(values<Row>({
      {"level 1 entry is invalid: make it a table or block", 0, t2, user_rwx, 1, r, pl0},
      {"level 2 entry is invalid: make it a table or block", t1, 0, user_rwx, 1, w, pl0},
      {"level 3 entry is invalid: make it a page", t1, t2, 0, 1, x, pl0},
      {"level 3 entry is invalid: make it a page (it is not 0: Linux keeps swap entries like this)", t1, t2,
       0x1234'5600, 1, r, pl0},
      {"level 3 entry has the reserved type 01: set bit 1 to make it a page", t1, t2, user_rwx & ~bit(1), 1, r, pl0},
      {"level 3 entry is PROT_NONE (NONE=1, VALID=0): set VALID and clear NONE", t1, t2, (user_rwx & ~bit(0)) | bit(57),
       1, r, pl0},
      {"level 2 entry is a PROT_NONE section (NONE=1, VALID=0): set VALID and clear NONE", t1,
       (section_of(user_rwx) & ~bit(0)) | bit(57), 0, 1, r, pl0},
      {"level 2 entry is invalid: make it a table or block", t1, (user_rwx & ~bit(0)) | bit(57), 0, 1, r, pl0},
      {"level 1 entry is invalid: make it a table or block", (section_of(user_rwx) & ~bit(0)) | bit(57), 0, 0, 1, r,
       pl0},
      {"level 3 entry is invalid: make it a page", t1, t2, user_rwx & ~bit(0), 1, r, pl0},
      {"AF=0: set AF", t1, t2, user_rwx & ~bit(10), 1, r, pl1},
      {"AP[1]=0, no access for PL0: set it", t1, t2, user_rwx & ~bit(6), 1, r, pl0},
      {"AP[2]=1: clear it, or set DIRTY, clear RDONLY and store the entry again through set_pte_ext", t1, t2,
       clean | bit(58), 1, w, pl0},
      {"AP[2]=1: clear it, or set DIRTY and store the entry again through set_pte_ext", t1, t2, clean, 1, w, pl1},
      {"AP[2]=1: clear it, or clear RDONLY and store the entry again through set_pte_ext", t1, t2,
       user_rwx | bit(7) | bit(58), 1, w, pl0},
      {"AP[2]=1 is stale, DIRTY=1 and RDONLY=0: clear it, or store the entry again through set_pte_ext", t1, t2,
       user_rwx | bit(7), 1, w, pl0},
      {"AP[2]=1: clear it, or set DIRTY and store the entry again through set_pmd_at", t1, section_of(clean), 0, 1, w,
       pl0},
      {"AP[2]=1: clear it", section_of(clean), 0, 0, 1, w, pl0},
      {"AP[2]=1: clear it", t1, t2, user_rwx | bit(7) | bit(57), 1, w, pl1},
      {"XN=1: clear it", t1, t2, user_rwx | bit(54), 1, x, pl0},
      {"PXN=1: clear it", t1, t2, user_rwx | bit(53), 1, x, pl1},
      {"APTable[0]=1 forbids PL0 access below the level 1 table descriptor: clear it", t1 | bit(61), t2, user_rwx, 1, r,
       pl0},
      {"APTable[1]=1 forbids writes below the level 2 table descriptor: clear it", t1, t2 | bit(62), user_rwx, 1, w,
       pl1},
      {"XNTable=1 forbids fetches below the level 1 table descriptor: clear it", t1 | bit(60), t2, user_rwx, 1, x, pl0},
      {"PXNTable=1 forbids PL1 fetches below the level 2 table descriptor: clear it", t1, t2 | bit(59), user_rwx, 1, x,
       pl1},
      {"SCTLR.WXN=1 and the memory is writable: set AP[2], or clear WXN", t1, t2, user_rwx, 0x8'0001, x, pl0},
      {"SCTLR.UWXN=1 and PL0 may write the memory: set AP[2], clear AP[1], or clear UWXN", t1, t2, user_rwx, 0x10'0001,
       x, pl1},
  }));
  Machine m;
  m.store(l1, row.l1_entry);
  m.store(l2, row.l2_entry);
  m.leaf_is(row.l3_entry);
  m.registers.sctlr = Sctlr{row.sctlr};
  CHECK(texts(m.remedies(0x1234, row.access, row.privilege)) == Texts{row.text});
  m.check_cure(0x1234, row.access, row.privilege);
}

TEST_CASE("the second way of a text helps as well", "[mmu][remedy]") {
  Machine m;
  SECTION("stored again as Linux stores it, dirty and not read-only") {
    const std::uint64_t page = GENERATE(clean, clean | bit(58), user_rwx | bit(7));
    m.leaf_is(page);
    REQUIRE_FALSE(m.access(0x1234, w, pl0));
    m.leaf_is(set_pte_ext_value(L_PTE_RDONLY.with(L_PTE_DIRTY.with(Pte{page}, true), false)));
    CHECK(m.access(0x1234, w, pl0));
    m.store(l2, section_of(page));
    REQUIRE_FALSE(m.access(0x1234, w, pl0));
    m.store(l2, set_pmd_at_value(pmd_mkdirty(pmd_mkwrite_novma(Pmd{section_of(page)}))));
    CHECK(m.access(0x1234, w, pl0));
  }
  SECTION("AP[2] set under WXN and UWXN") {
    m.registers.sctlr = Sctlr{0x18'0001};
    REQUIRE_FALSE(m.access(0x1234, x, pl1));
    m.leaf_is(user_rwx | bit(7));
    CHECK(m.access(0x1234, x, pl1));
  }
  SECTION("AP[1] clear under UWXN") {
    m.registers.sctlr = Sctlr{0x10'0001};
    m.leaf_is(user_rwx & ~bit(6));
    CHECK(m.access(0x1234, x, pl1));
  }
}

TEST_CASE("all obstacles of one access are named, in the order in which they would be met", "[mmu][remedy]") {
  Machine m;
  m.store(l1, t1 | bit(61) | bit(62));
  m.leaf_is((user_rwx | bit(7) | bit(58)) & ~bit(10) & ~bit(6));
  CHECK(texts(m.remedies(0x1234, w)) ==
        Texts{"APTable[0]=1 forbids PL0 access below the level 1 table descriptor: clear it",
              "APTable[1]=1 forbids writes below the level 1 table descriptor: clear it", "AF=0: set AF",
              "AP[1]=0, no access for PL0: set it",
              "AP[2]=1: clear it, or clear RDONLY and store the entry again through set_pte_ext"});
  m.check_cure(0x1234, w, pl0);
}

TEST_CASE("a PROT_NONE section as set_pmd_at stores it", "[mmu][remedy][P-34]") {
  Machine m;
  m.store(l2, 0x0ee0'0001'2340'0f9c);
  CHECK(texts(m.remedies(0x1234, w)) ==
        Texts{"level 2 entry is a PROT_NONE section (NONE=1, VALID=0): set VALID and clear NONE",
              "AP[1]=0, no access for PL0: set it",
              "AP[2]=1: clear it, or clear RDONLY and store the entry again through set_pmd_at"});
  m.check_cure(0x1234, w, pl0);
}

TEST_CASE("a table without memory is asked for", "[mmu][remedy]") {
  Machine m;
  SECTION("at level 3") {
    m.store(l2, 0x7'0000'0003);
    CHECK(texts(m.remedies(0x1234, r)) ==
          Texts{"no memory at 0x700000008 for the level 3 table: give the memory that holds it"});
  }
  SECTION("the root") {
    m.registers.ttbr0 = Ttbr{0x7'0000'0000};
    CHECK(texts(m.remedies(0x1234, r)) ==
          Texts{"no memory at 0x700000000 for the level 1 table: give the memory that holds it"});
  }
  m.check_cure(0x1234, r, pl0);
}

TEST_CASE("EPDx is named, and what lies behind it", "[mmu][remedy][M-8]") {
  Machine m;
  m.registers.ttbcr = TTBCR::EPD0.with(TTBCR::EPD1.with(m.registers.ttbcr, true), true);
  SECTION("TTBR0") {
    m.leaf_is(user_rwx & ~bit(10));
    CHECK(texts(m.remedies(0x1234, w)) == Texts{"TTBCR.EPD0=1: walks by TTBR0 are off: clear it", "AF=0: set AF"});
    m.check_cure(0x1234, w, pl0);
  }
  SECTION("TTBR1") {
    CHECK(texts(m.remedies(0xc000'1234, w)) == Texts{"TTBCR.EPD1=1: walks by TTBR1 are off: clear it"});
    m.check_cure(0xc000'1234, w, pl0);
  }
}

TEST_CASE("the gap between the regions is named, with the sizes that close it", "[mmu][remedy][M-7]") {
  Machine m;
  struct Gap {
    std::uint32_t sizes;
    std::uint32_t va;
    const char* text;
  };
  const auto gap = GENERATE(values<Gap>({
      {0x2'0002, 0x5000'0000, "up to 0x3fffffff, and TTBR1's, from 0xc0000000: T0SZ=1 or T1SZ=0 covers it"},
      {0x2'0002, 0xbfff'ffff, "up to 0x3fffffff, and TTBR1's, from 0xc0000000: T0SZ=0 or T1SZ=1 covers it"},
      {0x7'0007, 0x0200'0000, "up to 0x01ffffff, and TTBR1's, from 0xfe000000: T0SZ=6 or T1SZ=0 covers it"},
  }));
  m.registers.ttbcr = Ttbcr{0x8000'0000 | gap.sizes};
  const auto remedies = m.remedies(gap.va, r);
  REQUIRE(remedies.size() == 1);
  CHECK(remedies[0].text == std::string{"the VA lies in the gap between TTBR0's region, "} + gap.text);
  m.apply(remedies[0]);
  CHECK(Regime{m.registers}.start(VirtAddr{gap.va}) != nullptr);

  SECTION("EPD0 stands behind it") {
    m.registers.ttbcr = Ttbcr{0x8000'0080 | gap.sizes};
    const auto both = m.remedies(gap.va, r);
    REQUIRE(both.size() == 2);
    for (const Remedy& remedy : both) m.apply(remedy);
    CHECK(Regime{m.registers}.start(VirtAddr{gap.va}) != nullptr);
  }
}

TEST_CASE("the remedies of random faults help", "[mmu][remedy][property]") {
  std::mt19937_64 random{3};
  unsigned faults = 0;
  for (unsigned round = 0; round < 20'000; ++round) {
    Machine m;
    const auto hostile = [&random](std::uint64_t table) {  // a table descriptor with some limits, at times invalid
      // NOLINTNEXTLINE(misc-redundant-expression): each call is another number
      return table ^ (random() & random() & random() & 0xf800'0000'0000'0000) ^ (random() % 16 == 0 ? random() % 4 : 0);
    };
    m.store(l1, hostile(t1));
    m.store(l2, hostile(t2));
    // NOLINTNEXTLINE(misc-redundant-expression): each call is another number
    m.leaf_is(user_rwx ^ (random() & random() & 0xffe0'0000'0000'0cc3));
    m.registers.sctlr = Sctlr{static_cast<std::uint32_t>(1 | (random() & 0x18'0000))};
    if (random() % 16 == 0) m.registers.ttbcr = TTBCR::EPD0.with(m.registers.ttbcr, true);
    const auto access = static_cast<Access>(random() % 3);
    const auto privilege = static_cast<Privilege>(random() % 2);
    CAPTURE(round);
    if (m.access(0x1234, access, privilege)) continue;
    ++faults;
    m.check_cure(0x1234, access, privilege);
  }
  CHECK(faults > 10'000);
}

TEST_CASE("every obstacle has a name of its own", "[mmu][remedy]") {
  std::vector<std::string_view> names;
  for (unsigned i = 0; i <= static_cast<unsigned>(Obstacle::uwxn); ++i)
    names.push_back(to_string(static_cast<Obstacle>(i)));
  std::ranges::sort(names);
  CHECK(std::ranges::adjacent_find(names) == names.end());
  CHECK(std::ranges::find(names, "?") == names.end());
}

}  // namespace lpaemu::mmu
