#include "lpaemu/mmu/mappings.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <random>
#include <vector>

#include "lpaemu/mmu/table_builder.h"
#include "lpaemu/mmu/testing/fake_memory.h"
#include "lpaemu/mmu/testing/stringify.h"
#include "lpaemu/mmu/walk.h"

namespace lpaemu::mmu {
namespace {

constexpr std::uint32_t mmu_on = 0x1;
constexpr std::uint32_t linux_ttbcr = 0xb502'3500;
constexpr std::uint64_t user_rw = 0x00e0'0000'0000'0f5f;  // a page: AF, nG, SH inner, AttrIndx 7, XN, PXN, DIRTY
constexpr std::uint64_t user_ro = user_rw | 0x80;

/// Tables in fake memory, by TTBR0 from level 1; TTBR1's half starts at 0xc0000000, at level 2.
struct Tables {
  FakeMemory memory;
  PhysAddr root = memory.allocate();
  PhysAddr high_root = memory.allocate();
  TranslationRegisters registers{Ttbcr{linux_ttbcr}, Ttbr{root.raw()}, Ttbr{high_root.raw()},
                                 Mair{0xff00'0004'eeaa'4400}, Sctlr{mmu_on}};

  TableBuilder builder(std::uint32_t va) {
    const Regime regime{registers};
    return TableBuilder{memory, *regime.start(VirtAddr{va}), [this] { return memory.allocate(); }};
  }
  void map(std::uint32_t va, unsigned level, std::uint64_t descriptor) {
    builder(va).set_leaf(VirtAddr{va}, level, Descriptor{descriptor});
  }
  [[nodiscard]] Mappings mappings(Merge merge = Merge::equal_attributes) const {
    return mappings_of(memory, Regime{registers}, merge);
  }
};

/// A range in numbers, to compare.
struct Row {
  std::uint32_t first;
  std::uint32_t last;
  std::uint64_t pa;
  unsigned level;
  friend bool operator==(const Row&, const Row&) = default;
};
std::ostream& operator<<(std::ostream& out, const Row& row) {
  return out << fmt::format("{:#x}-{:#x} at {:#x} level {}", row.first, row.last, row.pa, row.level);
}
std::vector<Row> rows(const Mappings& mappings) {
  std::vector<Row> all;
  for (const Mapping& range : mappings.ranges)
    all.push_back({range.first.raw(), range.last.raw(), range.pa.raw(), range.attributes.level});
  return all;
}

}  // namespace

TEST_CASE("pages that go on in VA and PA with equal attributes are one range", "[mmu][mappings]") {
  Tables t;
  for (std::uint32_t page = 0; page < 4; ++page)
    t.map(0x1f'e000 + page * 0x1000, 3, user_rw | (0x9'0000'0000 + page * 0x1000));
  CHECK(rows(t.mappings()) == std::vector<Row>{{0x1f'e000, 0x20'1fff, 0x9'0000'0000, 3}});  // over a table's end

  SECTION("a hole in PA ends it") {
    t.map(0x20'0000, 3, user_rw | 0x7'0000'0000);
    CHECK(rows(t.mappings()) == std::vector<Row>{{0x1f'e000, 0x1f'ffff, 0x9'0000'0000, 3},
                                                 {0x20'0000, 0x20'0fff, 0x7'0000'0000, 3},
                                                 {0x20'1000, 0x20'1fff, 0x9'0000'3000, 3}});
  }
  SECTION("a hole in VA ends it") {
    t.map(0x20'0000, 3, 0);
    CHECK(rows(t.mappings()) ==
          std::vector<Row>{{0x1f'e000, 0x1f'ffff, 0x9'0000'0000, 3}, {0x20'1000, 0x20'1fff, 0x9'0000'3000, 3}});
  }
  SECTION("another attribute ends it: rights, AF, SH, nG, memory type, each software bit") {
    const unsigned bit = GENERATE(2, 6, 7, 8, 10, 11, 55, 56, 57, 58, 59, 60, 63);
    CAPTURE(bit);
    t.map(0x20'0000, 3, (user_rw | 0x9'0000'2000) ^ std::uint64_t{1} << bit);
    CHECK(rows(t.mappings()).size() == 3);
  }
  SECTION("a bit without an effect ends it only when leaves are compared") {
    const unsigned bit = GENERATE(5, 52, 53);  // NS, Contiguous; PXN where XN is set
    CAPTURE(bit);
    t.map(0x20'0000, 3, (user_rw | 0x9'0000'2000) ^ std::uint64_t{1} << bit);
    CHECK(rows(t.mappings()).size() == 1);
    CHECK(rows(t.mappings(Merge::equal_leaves)).size() == 3);
  }
  SECTION("a table's limits count: the second table is read-only") {
    t.builder(0x20'0000).limit_table(VirtAddr{0x20'0000}, 2, Descriptor{std::uint64_t{1} << 62});
    const auto mappings = t.mappings();
    REQUIRE(rows(mappings).size() == 2);
    CHECK(rights_text(mappings.ranges[0].attributes.rights, Privilege::pl0) == "rw-");
    CHECK(rights_text(mappings.ranges[1].attributes.rights, Privilege::pl0) == "r--");
  }
}

TEST_CASE("blocks are ranges of their own level", "[mmu][mappings][M-15]") {
  Tables t;
  constexpr std::uint64_t block = 0x0060'0000'0000'0f5d;
  t.map(0x4000'0000, 1, block | 0x8'4000'0000);
  t.map(0x8000'0000, 2, block | 0x8'8000'0000);
  t.map(0x8020'0000, 2, block | 0x8'8020'0000);
  t.map(0x8040'0000, 3, block | 2 | 0x8'8040'0000);
  CHECK(rows(t.mappings()) == std::vector<Row>{{0x4000'0000, 0x7fff'ffff, 0x8'4000'0000, 1},
                                               {0x8000'0000, 0x803f'ffff, 0x8'8000'0000, 2},
                                               {0x8040'0000, 0x8040'0fff, 0x8'8040'0000, 3}});
}

TEST_CASE("both TTBRs are swept, each in its region only", "[mmu][mappings][M-10]") {
  Tables t;
  t.map(0xbfff'f000, 3, user_rw | 0x1000);
  t.map(0xc000'0000, 3, user_ro | 0x2000);
  t.map(0xffff'f000, 3, user_ro | 0x3000);
  // Behind TTBR0's part: hardware never reads it.
  REQUIRE(t.memory.write64(t.root + 24, 0x0060'0000'4000'0f5d));
  CHECK(rows(t.mappings()) == std::vector<Row>{{0xbfff'f000, 0xbfff'ffff, 0x1000, 3},
                                               {0xc000'0000, 0xc000'0fff, 0x2000, 3},
                                               {0xffff'f000, 0xffff'ffff, 0x3000, 3}});
  SECTION("EPD0 hides TTBR0's") {
    t.registers.ttbcr = TTBCR::EPD0.with(t.registers.ttbcr, true);
    CHECK(rows(t.mappings()).size() == 2);
    CHECK(rows(t.mappings()).front().first == 0xc000'0000);
  }
  SECTION("EPD1 hides TTBR1's") {
    t.registers.ttbcr = TTBCR::EPD1.with(t.registers.ttbcr, true);
    CHECK(rows(t.mappings()).size() == 1);
  }
}

TEST_CASE("a region that ends inside of a block cuts it", "[mmu][mappings][M-10]") {
  Tables t;
  t.registers.ttbcr = TTBCR::T1SZ.with(Ttbcr{linux_ttbcr}, 3);  // TTBR1 from 0xe0000000
  REQUIRE(t.memory.write64(t.root + 24, 0x0060'0008'c000'0f5d));
  CHECK(rows(t.mappings()) == std::vector<Row>{{0xc000'0000, 0xdfff'ffff, 0x8'c000'0000, 1}});
}

TEST_CASE("with the MMU off everything maps to itself", "[mmu][mappings]") {
  Tables t;
  t.registers.sctlr = Sctlr{};
  const auto mappings = t.mappings();
  CHECK(rows(mappings) == std::vector<Row>{{0, 0xffff'ffff, 0, 0}});
  CHECK(mappings.ranges.front().attributes.rights == Permissions::all());
}

TEST_CASE("a table without memory is named, with what it would map", "[mmu][mappings]") {
  Tables t;
  t.map(0x1000, 3, user_rw | 0x1000);
  const PhysAddr nowhere{0x7'0000'0000};
  REQUIRE(t.memory.write64(t.builder(0).entry(VirtAddr{0x20'0000}, 2), nowhere.raw() | 3));
  REQUIRE(t.memory.write64(t.root + 8, nowhere.raw() | 3));
  t.registers.ttbr1 = Ttbr{nowhere.raw() + 0x1000};
  const auto mappings = t.mappings();
  CHECK(mappings.missing ==
        std::vector<MissingTable>{{VirtAddr{0x20'0000}, VirtAddr{0x3f'ffff}, 3, nowhere},
                                  {VirtAddr{0x4000'0000}, VirtAddr{0x7fff'ffff}, 2, nowhere},
                                  {VirtAddr{0xc000'0000}, VirtAddr{0xffff'ffff}, 2, nowhere + 0x1000}});
  CHECK(rows(mappings) == std::vector<Row>{{0x1000, 0x1fff, 0x1000, 3}});
}

TEST_CASE("a table that points to itself ends", "[mmu][mappings]") {
  Tables t;
  t.registers.ttbcr = Ttbcr{0xb500'3500};
  for (unsigned i = 0; i < descriptors_per_table; ++i)
    REQUIRE(t.memory.write64(t.root + i * descriptor_bytes, t.root.raw() | 0x0000'0000'0000'0f5f));
  const auto mappings = t.mappings();
  CHECK(mappings.ranges.size() == std::size_t{1} << 20);  // each page maps the table: none goes on in PA
  CHECK(mappings.missing.empty());
}

namespace {

/// A machine of a few pages full of descriptors that mostly lead somewhere; anything can be a table of any level.
struct WildTables {
  std::mt19937_64 random;
  FakeMemory memory{PhysAddr{FakeMemory::default_ram_base}, 12};
  TranslationRegisters registers;

  explicit WildTables(std::uint64_t seed) : random{seed} {
    for (std::uint32_t page = 0; page < memory.ram_pages(); ++page) {
      const unsigned density = static_cast<unsigned>(random() % 6 + 1);
      Descriptor before;
      for (unsigned i = 0; i < descriptors_per_table; ++i) {
        // Runs of neighbours, so that ranges have something to merge.
        const Descriptor d = random() % 4 != 0 ? leaf::OA.with(before, leaf::OA.get(before) + 1) : descriptor(density);
        store(page, i, d.raw());
        before = d;
      }
    }
    registers = {Ttbcr{static_cast<std::uint32_t>(random()) | 0x8000'0000}, Ttbr{page() + random() % 0x1000},
                 Ttbr{page() + random() % 0x1000}, Mair{random()},
                 Sctlr{static_cast<std::uint32_t>(random()) | mmu_on}};
    if (random() % 8 != 0) {
      registers.ttbcr = TTBCR::EPD0.with(TTBCR::EPD1.with(registers.ttbcr, false), false);
    }
    if (!SCTLR::EE.get(registers.sctlr)) return;
    for (std::uint32_t page = 0; page < memory.ram_pages(); ++page)
      for (unsigned i = 0; i < descriptors_per_table; ++i)
        store(page, i, __builtin_bswap64(memory.word(address(page, i))));
  }

  [[nodiscard]] PhysAddr address(std::uint32_t page, unsigned i) const {
    return memory.ram_base() + std::uint64_t{page} * PAGE_SIZE + std::uint64_t{i} * descriptor_bytes;
  }
  void store(std::uint32_t page, unsigned i, std::uint64_t raw) {
    if (!memory.write64(address(page, i), raw)) FAIL("no page " << page);
  }
  std::uint64_t page() { return address(static_cast<std::uint32_t>(random() % memory.ram_pages()), 0).raw(); }
  Descriptor descriptor(unsigned density) {
    if (random() % density != 0) return Descriptor{};
    constexpr std::uint64_t attributes = 0xffc0'0000'0000'0ffc;
    const std::uint64_t where = random() % 16 == 0 ? random() & 0xff'ffff'f000 : page();
    return Descriptor{where | (random() & random() & attributes) | (random() % 4 == 0 ? random() % 4 : 3) | 0x400};
  }
};

/// What a walk says about the page of `va` must be what the list says.
void check_page(const WildTables& t, const Regime& regime, const Mappings& mappings, VirtAddr va) {
  const auto range = std::ranges::upper_bound(mappings.ranges, va, {}, &Mapping::first);
  const Mapping* const mapping =
      range != mappings.ranges.begin() && std::prev(range)->last >= va ? &*std::prev(range) : nullptr;
  const auto hole = std::ranges::upper_bound(mappings.missing, va, {}, &MissingTable::first);
  const bool missing = hole != mappings.missing.begin() && std::prev(hole)->last >= va;
  const auto found = walk(t.memory, regime, va, Access::read, Privilege::pl1);
  bool agrees = false;
  if (found) {
    agrees = mapping != nullptr && !missing && mapping->pa_of(va) == found->pa &&
             mapping->attributes.rights == found->permissions && mapping->attributes.level == found->level &&
             leaf::AF.get(mapping->attributes.flags);
  } else if (found.error().kind == FaultKind::access_flag) {
    agrees = mapping != nullptr && !missing && !leaf::AF.get(mapping->attributes.flags) &&
             mapping->attributes.level == found.error().level;
  } else {
    agrees = mapping == nullptr && missing == (found.error().kind == FaultKind::external_abort_on_walk);
  }
  if (agrees) return;
  FAIL(fmt::format(
      "{}: the walk gives {}, the list {}{}", va, found ? fmt::format("{}", found->pa) : describe(found.error()),
      mapping == nullptr ? "nothing" : fmt::format("{}", mapping->pa_of(va)), missing ? ", no table" : ""));
}

}  // namespace

TEST_CASE("every page of wild tables is walked as the list says", "[mmu][mappings][property]") {
  const std::uint64_t seed = GENERATE(range(std::uint64_t{0}, std::uint64_t{3}));
  CAPTURE(seed);
  const WildTables t{seed};
  const Regime regime{t.registers};
  const Mappings mappings = mappings_of(t.memory, regime);
  CHECK(std::ranges::is_sorted(mappings.ranges, {}, &Mapping::first));
#ifdef __SANITIZE_ADDRESS__
  constexpr std::uint64_t step = 13 * std::uint64_t{PAGE_SIZE};  // a walk is thirty times slower
#else
  constexpr std::uint64_t step = PAGE_SIZE;
#endif
  for (std::uint64_t va = 0; va <= 0xffff'ffff; va += step)
    check_page(t, regime, mappings, VirtAddr{static_cast<std::uint32_t>(va)});
}

TEST_CASE("the edges of the ranges of many wild tables are walked as the list says", "[mmu][mappings][property]") {
  unsigned ranges = 0;
  for (std::uint64_t seed = 100; seed < 160; ++seed) {
    CAPTURE(seed);
    WildTables t{seed};
    const Regime regime{t.registers};
    const Mappings mappings = mappings_of(t.memory, regime);
    const auto check = [&](VirtAddr va) { check_page(t, regime, mappings, va); };
    ranges += static_cast<unsigned>(mappings.ranges.size());
    for (unsigned probe = 0; probe < 200; ++probe) {
      check(VirtAddr{static_cast<std::uint32_t>(t.random())});
      if (mappings.ranges.empty()) continue;
      const Mapping& range = mappings.ranges[t.random() % mappings.ranges.size()];
      for (const VirtAddr va : {range.first - 1, range.first, range.last, range.last + 1}) check(va);
    }
  }
  CHECK(ranges > 10'000);
}

TEST_CASE("no two neighbours in the list could be one range", "[mmu][mappings][property]") {
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const WildTables t{seed};
    const auto ranges = mappings_of(t.memory, Regime{t.registers}).ranges;
    for (std::size_t i = 1; i < ranges.size(); ++i)
      if (continues(ranges[i - 1], ranges[i], Merge::equal_attributes)) FAIL("range " << i << " of seed " << seed);
  }
}

}  // namespace lpaemu::mmu
