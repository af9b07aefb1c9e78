#include "lpaemu/mmu/linux_swap.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <random>
#include <string_view>

#include "lpaemu/mmu/proc_v7_3level.h"
#include "lpaemu/mmu/testing/stringify.h"
#include "lpaemu/mmu/testing/words.h"

namespace lpaemu::mmu {

using testing::bit;

TEST_CASE("a swap entry has the reference's bits", "[mmu][linux_swap][P-11][P-38][P-39][P-40]") {
  CHECK(swp_entry(0, 0) == swp_entry_t{0});
  CHECK(swp_entry(31, 0) == swp_entry_t{0x7c});
  CHECK(swp_entry(0, 0xff'ffff) == swp_entry_t{0xffff'ff00});  // 2^24 pages: 64 GiB for one area
  CHECK(swp_entry(3, 0x1234) == swp_entry_t{0x12'340c});
  const Pte pte = swp_entry_to_pte(swp_entry(3, 0x1234));
  CHECK(pte == Pte{0x12'340c});
  CHECK(pte_swp_mkexclusive(pte) == Pte{0x12'348c});
  CHECK(pte_swp_mksoft_dirty(pte_swp_mkexclusive(pte)) == Pte{0x0800'0000'0012'348c});
  CHECK(swp_types == 32);
}

TEST_CASE("each type and many offsets survive the way into a PTE and back", "[mmu][linux_swap][P-38][P-39][P-40]") {
  std::mt19937 random{8};
  for (unsigned type = 0; type < swp_types; ++type)
    for (int i = 0; i < 200; ++i) {
      const unsigned offset = i < 24 ? 1U << i : static_cast<unsigned>(random()) % (1U << 24);
      const swp_entry_t entry = swp_entry(type, offset);
      REQUIRE(swp_type(entry) == type);
      REQUIRE(swp_offset(entry) == offset);
      const Pte pte = swp_entry_to_pte(entry);
      REQUIRE(is_swap_pte(pte));
      REQUIRE_FALSE(pte_present(pte));
      REQUIRE_FALSE(pte_none(pte));
      REQUIRE(pte_to_swp_entry(pte) == entry);
      // The marks are not part of the place. [P-11, P-39]
      const Pte marked = pte_swp_mksoft_dirty(pte_swp_mkexclusive(pte));
      REQUIRE(pte_to_swp_entry(marked) == entry);
      REQUIRE(is_swap_pte(marked));
      REQUIRE(pte_swp_clear_flags(marked) == pte);
      REQUIRE(set_pte_ext_value(marked) == marked.raw());  // stored as it is [P-40]
      REQUIRE(kind_of(as_descriptor(marked), last_level) == Kind::invalid);
    }
}

TEST_CASE("each mark of a swap entry sets and clears its own bit and no other", "[mmu][linux_swap][P-11][P-39]") {
  struct Row {
    std::string_view name;
    Pte (*modify)(Pte);
    std::uint64_t set;
    std::uint64_t clear;
  };
  const auto row = GENERATE(values<Row>({
      {"pte_swp_mksoft_dirty", pte_swp_mksoft_dirty, bit(59), 0},
      {"pte_swp_clear_soft_dirty", pte_swp_clear_soft_dirty, 0, bit(59)},
      {"pte_swp_mkexclusive", pte_swp_mkexclusive, bit(7), 0},
      {"pte_swp_clear_exclusive", pte_swp_clear_exclusive, 0, bit(7)},
      {"pte_swp_clear_flags", pte_swp_clear_flags, 0, bit(59) | bit(7)},
  }));
  INFO(row.name);
  for (const Pte pte : testing::samples<Pte>()) REQUIRE(row.modify(pte) == Pte{(pte.raw() | row.set) & ~row.clear});
}

TEST_CASE("each predicate of a swap entry looks at its own bits and no other", "[mmu][linux_swap][P-10][P-11]") {
  for (const Pte pte : testing::samples<Pte>()) {
    REQUIRE(pte_swp_soft_dirty(pte) == ((pte.raw() & bit(59)) != 0));
    REQUIRE(pte_swp_exclusive(pte) == ((pte.raw() & bit(7)) != 0));
    REQUIRE(is_swap_pte(pte) == (pte.raw() != 0 && (pte.raw() & 3) == 0));
    REQUIRE(pte_to_swp_entry(pte) == swp_entry_t{static_cast<std::uint32_t>(pte.raw() & ~bit(7))});
  }
}

}  // namespace lpaemu::mmu
