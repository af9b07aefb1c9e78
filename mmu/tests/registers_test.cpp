#include "lpaemu/mmu/registers.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <string_view>

#include "lpaemu/mmu/testing/stringify.h"

namespace lpaemu::mmu {
namespace {

/// Where the reference puts a field; no accessor of ours takes part.
struct Placed {
  std::string_view reg;
  std::string_view name;
  unsigned hi;
  unsigned lo;
};

const FieldInfo& field_named(const RegisterInfo& reg, std::string_view name) {
  const auto found = std::ranges::find(reg.fields, name, &FieldInfo::name);
  REQUIRE(found != reg.fields.end());
  return *found;
}

}  // namespace

TEST_CASE("the register fields lie where the manual puts them",
          "[mmu][registers][armv7-B4.1][M-3][M-12][M-47][M-48][P-47]") {
  const auto row = GENERATE(values<Placed>({
      {"TTBCR", "EAE", 31, 31},
      {"TTBCR", "IMP", 30, 30},
      {"TTBCR", "SH1", 29, 28},
      {"TTBCR", "ORGN1", 27, 26},
      {"TTBCR", "IRGN1", 25, 24},
      {"TTBCR", "EPD1", 23, 23},
      {"TTBCR", "A1", 22, 22},
      {"TTBCR", "T1SZ", 18, 16},
      {"TTBCR", "SH0", 13, 12},
      {"TTBCR", "ORGN0", 11, 10},
      {"TTBCR", "IRGN0", 9, 8},
      {"TTBCR", "EPD0", 7, 7},
      {"TTBCR", "T0SZ", 2, 0},
      {"TTBR", "ASID", 55, 48},
      {"TTBR", "BADDR", 39, 0},
      {"SCTLR", "M", 0, 0},
      {"SCTLR", "A", 1, 1},
      {"SCTLR", "C", 2, 2},
      {"SCTLR", "RAO_4_3", 4, 3},
      {"SCTLR", "CP15BEN", 5, 5},
      {"SCTLR", "RAO_6", 6, 6},
      {"SCTLR", "B", 7, 7},
      {"SCTLR", "RAZ_9_8", 9, 8},
      {"SCTLR", "SW", 10, 10},
      {"SCTLR", "Z", 11, 11},
      {"SCTLR", "I", 12, 12},
      {"SCTLR", "V", 13, 13},
      {"SCTLR", "RR", 14, 14},
      {"SCTLR", "RAZ_15", 15, 15},
      {"SCTLR", "RAO_16", 16, 16},
      {"SCTLR", "HA", 17, 17},
      {"SCTLR", "RAO_18", 18, 18},
      {"SCTLR", "WXN", 19, 19},
      {"SCTLR", "UWXN", 20, 20},
      {"SCTLR", "FI", 21, 21},
      {"SCTLR", "U", 22, 22},
      {"SCTLR", "XP", 23, 23},
      {"SCTLR", "VE", 24, 24},
      {"SCTLR", "EE", 25, 25},
      {"SCTLR", "RAZ_26", 26, 26},
      {"SCTLR", "NMFI", 27, 27},
      {"SCTLR", "TRE", 28, 28},
      {"SCTLR", "AFE", 29, 29},
      {"SCTLR", "TE", 30, 30},
      {"DFSR", "STATUS", 5, 0},
      {"DFSR", "LPAE", 9, 9},
      {"DFSR", "WnR", 11, 11},
      {"DFSR", "ExT", 12, 12},
      {"DFSR", "CM", 13, 13},
      {"IFSR", "STATUS", 5, 0},
      {"IFSR", "LPAE", 9, 9},
      {"IFSR", "ExT", 12, 12},
      {"IFSR", "LNX_PF", 31, 31},
      {"MAIR", "Attr0", 7, 0},
      {"MAIR", "Attr1", 15, 8},
      {"MAIR", "Attr2", 23, 16},
      {"MAIR", "Attr3", 31, 24},
      {"MAIR", "Attr4", 39, 32},
      {"MAIR", "Attr5", 47, 40},
      {"MAIR", "Attr6", 55, 48},
      {"MAIR", "Attr7", 63, 56},
      {"MAIR_ATTR", "OUTER", 7, 4},
      {"MAIR_ATTR", "INNER", 3, 0},
      {"PSR", "M", 4, 0},
      {"PSR", "T", 5, 5},
      {"PSR", "F", 6, 6},
      {"PSR", "I", 7, 7},
      {"PSR", "A", 8, 8},
      {"PSR", "E", 9, 9},
      {"PSR", "IT_HIGH", 15, 10},
      {"PSR", "GE", 19, 16},
      {"PSR", "J", 24, 24},
      {"PSR", "IT_LOW", 26, 25},
      {"PSR", "Q", 27, 27},
      {"PSR", "V", 28, 28},
      {"PSR", "C", 29, 29},
      {"PSR", "Z", 30, 30},
      {"PSR", "N", 31, 31},
      {"PAR", "F", 0, 0},
      {"PAR", "SH", 8, 7},
      {"PAR", "NS", 9, 9},
      {"PAR", "LPAE", 11, 11},
      {"PAR", "PA", 39, 12},
      {"PAR", "ATTR", 63, 56},
      {"PAR_FAULT", "F", 0, 0},
      {"PAR_FAULT", "FST", 6, 1},
      {"PAR_FAULT", "S2WLK", 8, 8},
      {"PAR_FAULT", "FSTAGE", 9, 9},
      {"PAR_FAULT", "LPAE", 11, 11},
  }));
  INFO(row.reg << '.' << row.name);
  const auto reg = std::ranges::find(register_tables, row.reg, &RegisterInfo::name);
  REQUIRE(reg != register_tables.end());
  CHECK(field_named(*reg, row.name).hi == row.hi);
  CHECK(field_named(*reg, row.name).lo == row.lo);
}

TEST_CASE("Linux's TTBCR decodes to its fields", "[mmu][registers][M-4]") {
  constexpr Ttbcr ttbcr{0xb502'3500};
  CHECK(TTBCR::EAE.get(ttbcr));
  CHECK(TTBCR::SH1.get(ttbcr) == Sh::inner_shareable);
  CHECK(TTBCR::ORGN1.get(ttbcr) == Rgn::write_back_write_allocate);
  CHECK(TTBCR::IRGN1.get(ttbcr) == Rgn::write_back_write_allocate);
  CHECK_FALSE(TTBCR::EPD1.get(ttbcr));
  CHECK_FALSE(TTBCR::A1.get(ttbcr));
  CHECK(TTBCR::T1SZ.get(ttbcr) == 2);
  CHECK(TTBCR::SH0.get(ttbcr) == Sh::inner_shareable);
  CHECK(TTBCR::T0SZ.get(ttbcr) == 0);
  CHECK(TTBCR::T0SZ.get(Ttbcr{0xffff'ffff}) == 7);
}

TEST_CASE("TTBR holds base and ASID in one word", "[mmu][registers][M-12][M-16]") {
  constexpr Ttbr ttbr{0x00a5'0012'3456'7000};
  CHECK(TTBR::ASID.get(ttbr) == Asid{0xa5});
  CHECK(TTBR::BADDR.get(ttbr) == 0x12'3456'7000);
  CHECK(TTBR::ASID.get(Ttbr{0xff00'ff00'0000'0000}) == Asid{0});
}

TEST_CASE("AttrIndx picks a byte of MAIR1:MAIR0", "[mmu][registers][armv7-B4.1.104][M-23]") {
  constexpr Mair mair{0x7766'5544'3322'1100};
  for (unsigned index = 0; index < 8; ++index)
    CHECK(mair_byte(mair, index) == MairByte{static_cast<std::uint8_t>(index * 0x11)});
  CHECK(MAIR::Attr0.get(mair) == MairByte{0x00});
  CHECK(MAIR::Attr3.get(mair) == MairByte{0x33});
  CHECK(MAIR::Attr4.get(mair) == MairByte{0x44});
  CHECK(MAIR::Attr7.get(mair) == MairByte{0x77});
}

TEST_CASE("CPSR decodes to mode, state and masks", "[mmu][registers][armv7-B1.3.3]") {
  CHECK(PSR::M.get(Psr{0x6000'0010}) == PsrMode::usr);
  CHECK(PSR::M.get(Psr{0x0000'01d3}) == PsrMode::svc);
  CHECK(PSR::T.get(Psr{0x0000'0030}));
  CHECK(PSR::A.get(Psr{0x0000'01d3}));
  CHECK(PSR::I.get(Psr{0x0000'01d3}));
  CHECK(PSR::F.get(Psr{0x0000'01d3}));
  CHECK(PSR::IT_HIGH.get(Psr{0x0000'fc10}) == 0x3f);
  CHECK(PSR::IT_LOW.get(Psr{0x0600'0010}) == 3);
}

}  // namespace lpaemu::mmu
