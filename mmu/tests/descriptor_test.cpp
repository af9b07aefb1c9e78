#include "lpaemu/mmu/descriptor.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <string_view>

#include "lpaemu/mmu/testing/stringify.h"

namespace lpaemu::mmu {
namespace {

/// What the reference says where a field lies; no accessor of ours takes part.
struct Placed {
  std::string_view name;
  unsigned hi;
  unsigned lo;
};

void check_placed(std::span<const FieldInfo> fields, std::span<const Placed> expected) {
  for (const Placed& row : expected) {
    INFO(row.name);
    const auto found = std::ranges::find(fields, row.name, &FieldInfo::name);
    REQUIRE(found != fields.end());
    CHECK(found->hi == row.hi);
    CHECK(found->lo == row.lo);
  }
}

/// The other 62 bits do not matter.
constexpr std::uint64_t clear_upper(std::uint64_t) { return 0; }
constexpr std::uint64_t set_upper(std::uint64_t) { return ~std::uint64_t{3}; }

}  // namespace

TEST_CASE("the leaf fields lie where the manual and Linux put them",
          "[mmu][descriptor][armv7-B3.6.1][M-19][P-6][P-7][P-9]") {
  constexpr Placed expected[] = {
      {"VALID", 0, 0},     {"TYPE", 1, 1},         {"AttrIndx", 4, 2}, {"NS", 5, 5},           {"AP1", 6, 6},
      {"AP2", 7, 7},       {"SH", 9, 8},           {"AF", 10, 10},     {"nG", 11, 11},         {"OA", 39, 12},
      {"SBZ", 51, 40},     {"CONTIGUOUS", 52, 52}, {"PXN", 53, 53},    {"XN", 54, 54},         {"DIRTY", 55, 55},
      {"SPECIAL", 56, 56}, {"NONE", 57, 57},       {"RDONLY", 58, 58}, {"SOFT_DIRTY", 59, 59}, {"IGNORED", 63, 60},
  };
  CHECK(std::size(expected) == leaf::fields.size());
  check_placed(leaf::fields, expected);
}

TEST_CASE("the table fields lie where the manual puts them", "[mmu][descriptor][armv7-B3.6.1][M-21][M-22][P-5]") {
  constexpr Placed expected[] = {
      {"VALID", 0, 0},      {"TYPE", 1, 1},      {"NextTable", 39, 12}, {"SBZ", 51, 40},      {"SWAPPER", 55, 55},
      {"PXNTable", 59, 59}, {"XNTable", 60, 60}, {"APTable0", 61, 61},  {"APTable1", 62, 62}, {"NSTable", 63, 63},
  };
  check_placed(table::fields, expected);
}

TEST_CASE("bits 1 and 0 tell the kind at each level", "[mmu][descriptor][armv7-B3.6.1][M-17][M-18]") {
  struct Row {
    std::uint64_t low;
    Kind level1, level2, level3;
  };
  const auto row = GENERATE(values<Row>({
      {0b00, Kind::invalid, Kind::invalid, Kind::invalid},
      {0b10, Kind::invalid, Kind::invalid, Kind::invalid},
      {0b01, Kind::block, Kind::block, Kind::invalid},
      {0b11, Kind::table, Kind::table, Kind::page},
  }));
  for (const std::uint64_t upper : {clear_upper(row.low), set_upper(row.low)}) {
    const Descriptor d{upper | row.low};
    CHECK(kind_of(d, 1) == row.level1);
    CHECK(kind_of(d, 2) == row.level2);
    CHECK(kind_of(d, 3) == row.level3);
  }
}

TEST_CASE("an index has nine bits of the address at each level", "[mmu][descriptor][M-14][P-1]") {
  CHECK(level_shift(1) == 30);
  CHECK(level_shift(2) == 21);
  CHECK(level_shift(3) == 12);
  CHECK(index_at(VirtAddr{0xffff'ffff}, 1) == 3);
  CHECK(index_at(VirtAddr{0xffff'ffff}, 2) == 511);
  CHECK(index_at(VirtAddr{0xffff'ffff}, 3) == 511);
  CHECK(index_at(VirtAddr{0x8060'3fff}, 1) == 2);
  CHECK(index_at(VirtAddr{0x8060'3fff}, 2) == 3);
  CHECK(index_at(VirtAddr{0x8060'3fff}, 3) == 3);
  CHECK(descriptors_per_table == 512);
}

TEST_CASE("a table descriptor names a 40-bit page", "[mmu][descriptor][M-14]") {
  CHECK(next_table(Descriptor{0x8000'1003}) == PhysAddr{0x8000'1000});
  CHECK(next_table(Descriptor{0xffff'ffff'ffff'ffff}) == PhysAddr{0xff'ffff'f000});
  CHECK(next_table(Descriptor{0xf8ff'ff00'0000'0fff}) == PhysAddr{0});
}

TEST_CASE("the output address takes the offset of its block size", "[mmu][descriptor][M-15]") {
  struct Row {
    unsigned level;
    std::uint64_t descriptor;
    std::uint32_t va;
    std::uint64_t pa;
  };
  const auto row = GENERATE(values<Row>({
      {3, 0x0000'0001'2345'6003, 0x0000'1000, 0x01'2345'6000},
      {3, 0x0000'0001'2345'6003, 0xffff'ffff, 0x01'2345'6fff},
      {2, 0x0000'0001'2340'0001, 0x0000'1234, 0x01'2340'1234},
      {2, 0x0000'0001'2340'0001, 0x0020'0000, 0x01'2340'0000},
      {2, 0x0000'0001'2340'0001, 0x001f'ffff, 0x01'235f'ffff},
      {1, 0x0000'00ff'c000'0001, 0x7fff'ffff, 0xff'ffff'ffff},
      {1, 0x0000'00ff'c000'0001, 0x8000'0000, 0xff'c000'0000},
      // Address bits below the block's size are ignored, bits above 39 are not address bits.
      {2, 0x0000'0001'235f'f001, 0x0000'0000, 0x01'2340'0000},
      {1, 0x0000'0000'7fff'f001, 0x0000'0001, 0x00'4000'0001},
      {3, 0xffff'ff01'2345'6003, 0x0000'1000, 0x01'2345'6000},
  }));
  CHECK(output_address(Descriptor{row.descriptor}, VirtAddr{row.va}, row.level) == PhysAddr{row.pa});
}

}  // namespace lpaemu::mmu
