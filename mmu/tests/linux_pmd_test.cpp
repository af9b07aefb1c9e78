#include "lpaemu/mmu/linux_pmd.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <random>
#include <string_view>

#include "lpaemu/mmu/table_builder.h"
#include "lpaemu/mmu/testing/fake_memory.h"
#include "lpaemu/mmu/testing/stringify.h"
#include "lpaemu/mmu/testing/words.h"
#include "lpaemu/mmu/walk.h"

namespace lpaemu::mmu {
namespace {

using testing::bit;

constexpr Pfn some_section{std::uint64_t{0x12'3400}};

/// A huge page of an anonymous mapping, as it is before it is stored.
Pmd huge_page() {
  const Pgprot rw = protection_map({.read = true, .write = true}, Sharing::private_mapping);
  return pmd_mkhuge(pfn_pmd(some_section, rw));
}

}  // namespace

TEST_CASE("each pmd helper sets and clears its own bits and no other", "[mmu][linux_pmd][P-8][P-10]") {
  struct Row {
    std::string_view name;
    Pmd (*modify)(Pmd);
    std::uint64_t set;
    std::uint64_t clear;
    bool sections_only = false;  // bit 59 of a table is PXNTable
  };
  const auto row = GENERATE(values<Row>({
      {"pmd_wrprotect", pmd_wrprotect, bit(58), 0},
      {"pmd_mkwrite_novma", pmd_mkwrite_novma, 0, bit(58)},
      {"pmd_mkdirty", pmd_mkdirty, bit(55) | bit(59), 0, true},  // soft-dirty as well
      {"pmd_mkclean", pmd_mkclean, 0, bit(55)},                  // soft-dirty stays
      {"pmd_mkyoung", pmd_mkyoung, bit(10), 0},
      {"pmd_mkold", pmd_mkold, 0, bit(10)},
      {"pmd_mkhuge", pmd_mkhuge, 0, bit(1)},
      {"pmd_mkinvalid", pmd_mkinvalid, 0, bit(0)},
      {"pmd_mksoft_dirty", pmd_mksoft_dirty, bit(59), 0, true},
      {"pmd_clear_soft_dirty", pmd_clear_soft_dirty, 0, bit(59), true},
  }));
  INFO(row.name);
  for (const Pmd pmd : testing::samples<Pmd>()) {
    if (row.sections_only && pmd_table(pmd)) continue;
    REQUIRE(row.modify(pmd) == Pmd{(pmd.raw() | row.set) & ~row.clear});
    REQUIRE(row.modify(row.modify(pmd)) == row.modify(pmd));
  }
}

TEST_CASE("each pmd predicate looks at its own bits and no other", "[mmu][linux_pmd][P-1][P-10][P-35]") {
  for (const Pmd pmd : testing::samples<Pmd>()) {
    const std::uint64_t v = pmd.raw();
    INFO(fmt::format("{}", pmd));
    REQUIRE(pmd_none(pmd) == (v == 0));
    REQUIRE(pmd_table(pmd) == ((v & 3) == 3));
    REQUIRE(pmd_sect(pmd) == ((v & 3) == 1));
    REQUIRE(pmd_leaf(pmd) == ((v & 3) == 1));
    REQUIRE(pmd_bad(pmd) == ((v & 2) == 0));
    REQUIRE(pmd_present(pmd) == ((v & 1) != 0));
    REQUIRE(pmd_trans_huge(pmd) == (v != 0 && (v & 3) != 3));
    REQUIRE(pmd_write(pmd) == ((v & bit(58)) == 0));
    REQUIRE(pmd_dirty(pmd) == ((v & bit(55)) != 0));
    REQUIRE(pmd_young(pmd) == ((v & bit(10)) != 0));
    REQUIRE(pmd_soft_dirty(pmd) == ((v & bit(59)) != 0));
    REQUIRE(pmd_hugewillfault(pmd) == ((v & bit(10)) == 0 || (v & bit(58)) != 0));
    REQUIRE(pmd_pfn(pmd).raw() == (v >> 12 & 0xfff'fe00));
  }
}

TEST_CASE("pmd_modify takes USER, XN, RDONLY, VALID and NONE, and keeps the rest", "[mmu][linux_pmd][P-10]") {
  const std::uint64_t taken = bit(6) | bit(54) | bit(58) | bit(0) | bit(57);
  std::mt19937_64 random{2};
  for (const Pmd pmd : testing::samples<Pmd>()) {
    const std::uint64_t prot = random();
    REQUIRE(pmd_modify(pmd, Pgprot{prot}) == Pmd{(pmd.raw() & ~taken) | (prot & taken)});
  }
}

TEST_CASE("dirtiness and soft-dirtiness of a section are cleared apart", "[mmu][linux_pmd][P-10]") {
  for (const Pmd any : testing::samples<Pmd>()) {
    const Pmd pmd = pmd_mkhuge(any);
    REQUIRE(pmd_soft_dirty(pmd_mkclean(pmd_mkdirty(pmd))));
    REQUIRE(pmd_dirty(pmd_clear_soft_dirty(pmd_mkdirty(pmd))));
    REQUIRE(pmd_mkclean(pmd_mkdirty(pmd)) == pmd_mkclean(pmd_mksoft_dirty(pmd)));
  }
}

TEST_CASE("the life of a huge page", "[mmu][linux_pmd][set_pmd_at][P-6][P-34][P-35]") {
  const auto store = [](Pmd pmd) { return Pmd{set_pmd_at_value(pmd)}; };
  CHECK(huge_page() == Pmd{0x0460'0001'2340'075d});
  const Pmd written = store(pmd_mkwrite_novma(pmd_mkdirty(huge_page())));
  CHECK(written == Pmd{0x08e0'0001'2340'0f5d});
  CHECK(store(pmd_clear_soft_dirty(pmd_wrprotect(written))) == Pmd{0x04e0'0001'2340'0fdd});  // clear_refs 4
  CHECK(store(pmd_mkold(pmd_mkclean(written))) == Pmd{0x0860'0001'2340'0bdd});               // nG stays

  const Pmd hidden = store(pmd_modify(written, protection_map({}, Sharing::private_mapping)));
  CHECK(hidden == Pmd{0x0ee0'0001'2340'0f9c});  // AP[2] derived although it is not valid
  CHECK_FALSE(pmd_present(hidden));
  CHECK(pmd_trans_huge(hidden));
  CHECK_FALSE(pmd_leaf(hidden));

  // An invalidated one that is old: nG all the same.
  CHECK(store(pmd_mkinvalid(pmd_mkold(huge_page()))) == Pmd{0x0460'0001'2340'0bdc});
}

TEST_CASE("a section that was stored is walked as Linux means it", "[mmu][linux_pmd][set_pmd_at][walk][P-34]") {
  FakeMemory memory;
  const PhysAddr root = memory.allocate();
  const Regime regime{{Ttbcr{0xb500'3500}, Ttbr{root.raw()}, Ttbr{}, Mair{}, Sctlr{1}}};
  TableBuilder builder{memory, *regime.start(VirtAddr{0}), [&memory] { return memory.allocate(); }};
  constexpr VirtAddr va{0x60'0000};
  const PhysAddr entry = builder.entry(va, pmd_level);
  for (const Pmd any : testing::samples<Pmd>()) {
    const Pmd pmd = pmd_mkhuge(any);
    REQUIRE(memory.write64(entry, set_pmd_at_value(pmd)));
    INFO(fmt::format("{}", pmd));
    const bool mapped = pmd_present(pmd) && !L_PMD_SECT_NONE.get(pmd) && pmd_young(pmd);
    const bool user = PMD_SECT_USER.get(pmd);
    const auto read = walk(memory, regime, va + 0x1f'ffff, Access::read, Privilege::pl1);
    REQUIRE(read.has_value() == mapped);
    if (mapped) REQUIRE(read->pa == PhysAddr{pmd_pfn(pmd)} + 0x1f'ffff);
    REQUIRE(walk(memory, regime, va, Access::read, Privilege::pl0).has_value() == (mapped && user));
    REQUIRE(walk(memory, regime, va, Access::write, Privilege::pl0).has_value() ==
            (mapped && user && pmd_write(pmd) && pmd_dirty(pmd)));
  }
}

}  // namespace lpaemu::mmu
