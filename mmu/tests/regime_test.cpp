#include "lpaemu/mmu/regime.h"

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <optional>

#include "lpaemu/mmu/testing/stringify.h"

namespace lpaemu::mmu {
namespace {

constexpr std::uint64_t base0 = 0x8'8000'0000;
constexpr std::uint64_t base1 = 0x9'0000'0000;
constexpr std::uint32_t mmu_on = 0x1;

TranslationRegisters registers_with(std::uint32_t ttbcr_low) {
  return {Ttbcr{0x8000'0000 | ttbcr_low}, Ttbr{base0}, Ttbr{base1}, Mair{}, Sctlr{mmu_on}};
}

constexpr std::uint32_t ttbcr_of(unsigned t0sz, unsigned t1sz, bool epd0 = false, bool epd1 = false) {
  return t0sz | t1sz << 16 | (epd0 ? 1U << 7 : 0) | (epd1 ? 1U << 23 : 0);
}

/// The table of the manual: what a region of 2^(32-TxSZ) bytes looks like. [armv7 B3.6.6]
struct Shape {
  unsigned level;
  unsigned index_bits;
  std::uint64_t alignment;
};
constexpr std::array<Shape, 8> shapes{{
    {1, 2, 32},
    {1, 1, 16},
    {2, 9, 4096},
    {2, 8, 2048},
    {2, 7, 1024},
    {2, 6, 512},
    {2, 5, 256},
    {2, 4, 128},
}};

/// Which TTBR translates `va`, by the four lines of the manual's region table, in 64-bit arithmetic. [armv7 B3.6.4]
std::optional<int> region_of(std::uint64_t va, unsigned t0sz, unsigned t1sz) {
  const std::uint64_t all = std::uint64_t{1} << 32;
  const std::uint64_t size0 = all >> t0sz;
  const std::uint64_t size1 = all >> t1sz;
  if (t0sz == 0 && t1sz == 0) return 0;
  if (t1sz == 0) return va < size0 ? 0 : 1;
  if (t0sz == 0) return va < all - size1 ? 0 : 1;
  if (va < size0) return 0;
  if (va >= all - size1) return 1;
  return std::nullopt;
}

}  // namespace

TEST_CASE("T0SZ, T1SZ, EPD0 and EPD1 choose the table at every region edge",
          "[mmu][regime][armv7-B3.6.4][M-4][M-7][M-8][M-9][M-10][M-13]") {
  const auto t0sz = GENERATE(range(0U, 8U));
  const auto t1sz = GENERATE(range(0U, 8U));
  for (const bool epd0 : {false, true}) {
    for (const bool epd1 : {false, true}) {
      CAPTURE(t0sz, t1sz, epd0, epd1);
      const Regime regime{registers_with(ttbcr_of(t0sz, t1sz, epd0, epd1))};
      const std::uint64_t all = std::uint64_t{1} << 32;
      for (const std::uint64_t edge : {std::uint64_t{0}, all >> t0sz, all - (all >> t1sz), all}) {
        for (const int step : {-2, -1, 0, 1}) {  // last bytes of the region before, first bytes of the next
          const auto va = static_cast<std::uint32_t>(edge + static_cast<std::uint64_t>(std::int64_t{step}));
          CAPTURE(va);
          const auto region = region_of(va, t0sz, t1sz);
          const auto start = regime.start(VirtAddr{va});
          const bool walks = region && !(*region == 0 ? epd0 : epd1);
          REQUIRE((start != nullptr) == walks);
          if (!walks) continue;
          const Shape& shape = shapes[*region == 0 ? t0sz : t1sz];
          CHECK(start->table == PhysAddr{*region == 0 ? base0 : base1});
          CHECK(start->level == shape.level);
          CHECK(start->index_bits == shape.index_bits);
        }
      }
    }
  }
}

TEST_CASE("the region vectors of the reference", "[mmu][regime][armv7-B3.6.4][M-7]") {
  struct Row {
    unsigned t0sz, t1sz;
    std::uint32_t va;
    std::optional<int> ttbr;
  };
  const auto row = GENERATE(values<Row>({
      {0, 2, 0xbfff'ffff, 0},
      {0, 2, 0xc000'0000, 1},
      {0, 1, 0x7fff'ffff, 0},
      {0, 1, 0x8000'0000, 1},
      {2, 0, 0x3fff'ffff, 0},
      {2, 0, 0x4000'0000, 1},
      {2, 2, 0x3fff'ffff, 0},
      {2, 2, 0x4000'0000, std::nullopt},
      {2, 2, 0xbfff'ffff, std::nullopt},
      {2, 2, 0xc000'0000, 1},
      {0, 0, 0xffff'ffff, 0},
  }));
  const Regime regime{registers_with(ttbcr_of(row.t0sz, row.t1sz))};
  const WalkStart* const start = regime.start(VirtAddr{row.va});
  REQUIRE((start != nullptr) == row.ttbr.has_value());
  if (start) CHECK(start->table == PhysAddr{*row.ttbr == 0 ? base0 : base1});
}

TEST_CASE("the first descriptor lies at base plus eight times the index of the region's bits",
          "[mmu][regime][armv7-B3.6.6][M-9][M-13][M-14]") {
  struct Row {
    unsigned t0sz, t1sz;
    std::uint32_t va;
    std::uint64_t entry;
  };
  const auto row = GENERATE(values<Row>({
      {0, 0, 0x0000'0000, base0},
      {0, 0, 0xffff'ffff, base0 + 3 * 8},
      {0, 2, 0xbfff'ffff, base0 + 2 * 8},
      {0, 2, 0xc000'0000, base1},
      {0, 2, 0xffff'ffff, base1 + 511 * 8},
      {0, 1, 0x8000'0000, base1},            // a table of two entries, indexed by VA[30]
      {0, 1, 0xffff'ffff, base1 + 8},        //
      {1, 0, 0x8000'0000, base1 + 2 * 8},    // T1SZ = 0: a full table, the low entries are unreachable
      {2, 0, 0x4000'0000, base1 + 8},        //
      {2, 0, 0x3fff'ffff, base0 + 511 * 8},  //
      {7, 0, 0x01ff'ffff, base0 + 15 * 8},   // 32 MiB: 16 entries
      {7, 0, 0x0200'0000, base1},            //
      {0, 7, 0xfe00'0000, base1},            //
      {0, 7, 0xfe20'0000, base1 + 8},        //
      {3, 3, 0x1fff'ffff, base0 + 255 * 8},  //
      {3, 3, 0xe000'0000, base1},            //
  }));
  CAPTURE(row.t0sz, row.t1sz, row.va);
  const Regime regime{registers_with(ttbcr_of(row.t0sz, row.t1sz))};
  const WalkStart* const start = regime.start(VirtAddr{row.va});
  REQUIRE(start);
  CHECK(start->entry_of(VirtAddr{row.va}) == PhysAddr{row.entry});
}

TEST_CASE("the base ignores the bits below its alignment and above 40", "[mmu][regime][armv7-B4.1.154][M-12][M-13]") {
  const auto txsz = GENERATE(range(0U, 8U));
  TranslationRegisters registers = registers_with(ttbcr_of(txsz, 0));
  registers.ttbr0 = Ttbr{0xffff'ffff'ffff'ffff};
  const std::uint64_t top = 0x100'0000'0000;
  CHECK(Regime{registers}.start(VirtAddr{0})->table == PhysAddr{top - shapes[txsz].alignment});
}

TEST_CASE("A1 picks whose ASID counts and never a base", "[mmu][regime][armv7-B4.1.153][M-6]") {
  TranslationRegisters registers = registers_with(0);
  registers.ttbr0 = Ttbr{base0 | 0x0011'0000'0000'0000};
  registers.ttbr1 = Ttbr{base1 | 0x00ee'0000'0000'0000};
  CHECK(Regime{registers}.asid() == Asid{0x11});
  CHECK(Regime{registers}.start(VirtAddr{0})->table == PhysAddr{base0});
  registers.ttbcr = Ttbcr{registers.ttbcr.raw() | 1U << 22};
  CHECK(Regime{registers}.asid() == Asid{0xee});
  CHECK(Regime{registers}.start(VirtAddr{0})->table == PhysAddr{base0});
}

TEST_CASE("SCTLR switches the MMU, WXN, UWXN and the tables' endianness", "[mmu][regime][armv7-B4.1.130]") {
  TranslationRegisters registers = registers_with(0);
  for (unsigned bit = 0; bit < 32; ++bit) {
    CAPTURE(bit);
    registers.sctlr = Sctlr{1U << bit};
    const Regime regime{registers};
    CHECK(regime.mmu_enabled() == (bit == 0));
    CHECK(regime.wxn() == (bit == 19));
    CHECK(regime.uwxn() == (bit == 20));
    CHECK(regime.big_endian_tables() == (bit == 25));
  }
}

TEST_CASE("with the MMU off the short format is nobody's business", "[mmu][regime][armv7-B3.2][M-3]") {
  TranslationRegisters registers{};
  CHECK_FALSE(Regime{registers}.mmu_enabled());
}

TEST_CASE("AttrIndx goes through MAIR whatever TRE says", "[mmu][regime][armv7-B3.8.2][M-23][M-24][M-27]") {
  TranslationRegisters registers = registers_with(0);
  registers.mair = Mair{0xff00'0004'eeaa'4400};
  constexpr std::array expected{
      MemoryType::strongly_ordered, MemoryType::normal,           MemoryType::normal,           MemoryType::normal,
      MemoryType::device,           MemoryType::strongly_ordered, MemoryType::strongly_ordered, MemoryType::normal,
  };
  for (const std::uint32_t tre : {0U, 1U << 28}) {
    registers.sctlr = Sctlr{mmu_on | tre};
    for (std::uint64_t index = 0; index < 8; ++index)
      CHECK(Regime{registers}.memory_type_of(Descriptor{index << 2}) == expected[index]);
  }
  registers.sctlr = Sctlr{0};
  CHECK(Regime{registers}.memory_type_of(Descriptor{7U << 2}) == MemoryType::strongly_ordered);
}

}  // namespace lpaemu::mmu
