#include "lpaemu/mmu/tlbi.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <initializer_list>
#include <map>
#include <string_view>
#include <utility>

#include "lpaemu/mmu/testing/tlb_machine.h"

namespace lpaemu::mmu {
namespace {

/// What an operation must do to an entry, read off its name.
struct ByName {
  explicit ByName(std::string_view name) : base{name} {
    instruction = base.front() != 'D';
    data = base.front() != 'I';
    if (!instruction || !data) base.remove_prefix(1);
    if (base.ends_with("IS")) base.remove_suffix(2);
  }
  [[nodiscard]] bool removes(bool global, bool same_asid, bool same_place) const {
    if (base == "TLBIALL") return true;
    if (base == "TLBIMVA") return same_place && (global || same_asid);
    if (base == "TLBIMVAA") return same_place;
    REQUIRE(base == "TLBIASID");
    return !global && same_asid;
  }

  std::string_view base;
  bool instruction, data;
};

/// Where each size of entry lies in these tests, and what its level is.
struct Place {
  unsigned level;
  std::uint32_t first, last;  // bytes
  std::uint64_t leaf;
};
constexpr Place places[] = {
    {1, 0x4000'0000, 0x7fff'ffff, 0x1'4000'0000 | (user_page & ~page_not_block)},
    {2, 0x8060'0000, 0x807f'ffff, 0x1'0060'0000 | (user_page & ~page_not_block)},
    {3, 0x8080'5000, 0x8080'5fff, 0x1'2345'6000 | user_page},
};

}  // namespace

TEST_CASE("the encodings of the TLB operations", "[mmu][tlb][M-50][lpae-mmu-9.1]") {
  using enum Tlbi;
  const std::map<std::pair<unsigned, unsigned>, Tlbi> expected{
      {{3, 0}, TLBIALLIS}, {{3, 1}, TLBIMVAIS}, {{3, 2}, TLBIASIDIS}, {{3, 3}, TLBIMVAAIS}, {{5, 0}, ITLBIALL},
      {{5, 1}, ITLBIMVA},  {{5, 2}, ITLBIASID}, {{6, 0}, DTLBIALL},   {{6, 1}, DTLBIMVA},   {{6, 2}, DTLBIASID},
      {{7, 0}, TLBIALL},   {{7, 1}, TLBIMVA},   {{7, 2}, TLBIASID},   {{7, 3}, TLBIMVAA},
  };
  CHECK(tlbi_table.size() == expected.size());
  for (unsigned crm = 0; crm < 16; ++crm)
    for (unsigned opc2 = 0; opc2 < 8; ++opc2) {
      CAPTURE(crm, opc2);
      const auto found = expected.find({crm, opc2});
      const auto wanted = found == expected.end() ? std::nullopt : std::optional{found->second};
      CHECK(decode_tlbi(crm, opc2, Privilege::pl1) == wanted);
      CHECK(decode_tlbi(crm, opc2, Privilege::pl0) == std::nullopt);  // [M-52]
    }
}

TEST_CASE("PL0 may use no TLB operation", "[mmu][tlb][M-52]") {
  for (const TlbiInfo& row : tlbi_table) CHECK_FALSE(decode_tlbi(row.crm, row.opc2, Privilege::pl0));
}

TEST_CASE("each row is the one of its operation, and its name tells what it reaches", "[mmu][tlb][M-50]") {
  for (std::size_t i = 0; i < tlbi_table.size(); ++i) {
    const TlbiInfo& row = tlbi_table[i];
    CAPTURE(row.name);
    CHECK(&tlbi_info(static_cast<Tlbi>(i)) == &row);
    CHECK(row.operation == static_cast<Tlbi>(i));
    CHECK((row.reach == TlbiReach::inner_shareable) == row.name.ends_with("IS"));
    const ByName name{row.name};
    CHECK((row.side != TlbiSide::data) == name.instruction);
    CHECK((row.side != TlbiSide::instruction) == name.data);
  }
}

TEST_CASE("the operand: VA[31:12] and the ASID in [7:0]", "[mmu][tlb][M-50]") {
  CHECK(tlbi_rt(VirtAddr{0xdead'bfff}, Asid{0x5a}).raw() == 0xdead'b05a);
  CHECK(tlbi_rt(VirtAddr{0x1fff}).raw() == 0x1000);
  CHECK(tlbi_rt(Asid{0xff}).raw() == 0xff);
  CHECK(tlbi_operand::MVA.get(TlbiOperand{0x1234'5678}) == 0x12345);
  CHECK(tlbi_operand::ASID.get(TlbiOperand{0x1234'5678}) == Asid{0x78});
}

TEST_CASE("every operation against every kind of entry", "[mmu][tlb][M-50][M-51]") {
  const TlbiInfo row = GENERATE(from_range(tlbi_table.begin(), tlbi_table.end()));
  const Place place = GENERATE(from_range(std::begin(places), std::end(places)));
  const bool global = GENERATE(false, true);
  const ByName name{row.name};

  struct Operand {
    std::uint32_t va;
    bool inside;
  };
  const std::uint32_t middle = place.first + (place.last - place.first) / 2;
  for (const Operand where : {Operand{place.first, true}, Operand{middle, true}, Operand{place.last, true},
                              Operand{place.first - 1, false}, Operand{place.last + 1, false}, Operand{0, false}})
    for (const std::uint8_t asid : std::initializer_list<std::uint8_t>{1, 2, 0, 255}) {
      CAPTURE(row.name, place.level, global, where.va, int{asid});
      TlbMachine m{1};
      m.map(place.first, place.leaf | (global ? 0 : non_global), place.level);
      m.pa(middle, Access::read);
      REQUIRE(m.tlb.entries().size() == 1);
      REQUIRE(m.tlb.entries()[0].sides == TlbSides{true, true});
      REQUIRE(m.tlb.entries()[0].asid == (global ? std::nullopt : std::optional{Asid{1}}));

      m.tlb.invalidate(row.operation, tlbi_rt(VirtAddr{where.va}, Asid{asid}));
      const bool gone = name.removes(global, asid == 1, where.inside);
      CHECK(m.tlb.hits(VirtAddr{middle}, Asid{1}, Access::read).empty() == (gone && name.data));
      CHECK(m.tlb.hits(VirtAddr{middle}, Asid{1}, Access::write).empty() == (gone && name.data));
      CHECK(m.tlb.hits(VirtAddr{middle}, Asid{1}, Access::execute).empty() == (gone && name.instruction));
    }
}

TEST_CASE("every operation against cached table descriptors", "[mmu][tlb][M-50][M-55]") {
  // A table is tagged with the ASID it was read for, even if all its leaves are global.
  const TlbiInfo row = GENERATE(from_range(tlbi_table.begin(), tlbi_table.end()));
  const bool global = GENERATE(false, true);
  const ByName name{row.name};
  constexpr std::uint32_t va = 0x8080'5000;

  struct Operand {
    std::uint32_t va;
    bool in_level_1, in_level_2;
  };
  for (const Operand where :
       {Operand{va, true, true}, Operand{va + 0x1000, true, true}, Operand{0x809f'ffff, true, true},
        Operand{0x80a0'0000, true, false}, Operand{0xbfff'ffff, true, false}, Operand{0xc000'0000, false, false},
        Operand{0x7fff'ffff, false, false}})
    for (const std::uint8_t asid : std::initializer_list<std::uint8_t>{1, 2}) {
      CAPTURE(row.name, global, where.va, int{asid});
      TlbMachine m{1};
      m.map(va, 0x1'2345'6000 | user_page | (global ? 0 : non_global));
      m.pa(va);
      REQUIRE(m.tlb.tables().size() == 2);

      m.tlb.invalidate(row.operation, tlbi_rt(VirtAddr{where.va}, Asid{asid}));
      for (const unsigned level : {1U, 2U}) {
        const bool gone = name.removes(false, asid == 1, level == 1 ? where.in_level_1 : where.in_level_2);
        TlbSides left;
        for (const CachedTable& table : m.tlb.tables())
          if (table.level == level) left = table.sides;
        CAPTURE(level);
        CHECK(left == TlbSides{.instruction = !(gone && name.instruction), .data = !(gone && name.data)});
      }
    }
}

}  // namespace lpaemu::mmu
