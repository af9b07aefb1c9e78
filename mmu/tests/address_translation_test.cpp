#include "lpaemu/mmu/address_translation.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "lpaemu/mmu/testing/walk_machine.h"

namespace lpaemu::mmu {
namespace {

using namespace testing;
using enum AddressTranslation;

/// Maps 0x1000 by `page`.
struct Machine : WalkMachine {
  explicit Machine(std::uint64_t page) { leaf_is(page); }
  [[nodiscard]] auto ats(AddressTranslation operation, std::uint32_t va = 0x1234) const {
    return translate_address(memory, Regime{registers}, VirtAddr{va}, operation);
  }
  [[nodiscard]] std::uint64_t par(AddressTranslation operation, std::uint32_t va = 0x1234) const {
    const auto found = ats(operation, va);
    if (!found) FAIL(describe(found.error()));
    return found->raw();
  }
};

constexpr AddressTranslation operations[] = {ATS1CPR, ATS1CPW, ATS1CUR, ATS1CUW};
constexpr std::uint64_t user_page = WalkMachine::leaf;

}  // namespace

TEST_CASE("PAR of a success: page, MAIR byte, SH, NS", "[mmu][par][armv7-B4.1.112][M-46][M-47]") {
  for (const AddressTranslation operation : operations) {
    CHECK(Machine{user_page}.par(operation) == 0xff00'0001'2345'6980);
    CHECK(Machine{user_page | 1 << 5}.par(operation) == 0xff00'0001'2345'6b80);
  }
  // The low 12 bits of the address are not PAR's; those between page and block size are.
  Machine m{user_page};
  m.store(l2, 0x0060'0001'2340'0f5d);
  CHECK(m.par(ATS1CUR, 0x0012'3456) == 0xff00'0001'2352'3980);
  // 40 bits of physical address.
  CHECK(Machine{0x00e0'00ff'ffff'ff5f}.par(ATS1CUR) == 0xff00'00ff'ffff'f980);
}

TEST_CASE("PAR.SH is the leaf's for Normal memory, outer shareable for the rest", "[mmu][par][M-23][M-26][M-47]") {
  struct Row {
    std::uint64_t attr_indx;
    std::uint64_t attribute;
    bool normal;
  };
  const auto row = GENERATE(values<Row>({{0, 0x00, false},
                                         {1, 0x44, true},
                                         {2, 0xaa, true},
                                         {3, 0xee, true},
                                         {4, 0x04, false},
                                         {5, 0x00, false},
                                         {7, 0xff, true}}));
  for (std::uint64_t sh = 0; sh < 4; ++sh) {
    CAPTURE(row.attr_indx, sh);
    const std::uint64_t leaf = (user_page & ~std::uint64_t{0x31c}) | row.attr_indx << 2 | sh << 8;
    const std::uint64_t shown = row.normal ? sh : 2;
    CHECK(Machine{leaf}.par(ATS1CPR) == (row.attribute << 56 | 0x1'2345'6000 | 0x800 | shown << 7));
  }
}

TEST_CASE("NSTable forces PAR.NS", "[mmu][par][M-21][M-47]") {
  Machine m{user_page};
  const std::uint64_t entry = GENERATE(l1, l2);
  m.store(entry, m.memory.word(PhysAddr{entry}) | std::uint64_t{1} << 63);
  CHECK(m.par(ATS1CPR) == 0xff00'0001'2345'6b80);
}

TEST_CASE("PAR of a fault: F and the status of the walk", "[mmu][par][armv7-B4.1.112][M-48]") {
  struct Row {
    std::uint64_t leaf;
    std::uint64_t par;
  };
  const auto row = GENERATE(values<Row>({
      {0, 0x80f},                                  // translation, level 3
      {user_page & ~std::uint64_t{0x400}, 0x817},  // access flag, level 3
      {user_page | 0x80, 0x81f},                   // permission, level 3: read-only
  }));
  CHECK(Machine{row.leaf}.par(ATS1CUW) == row.par);
  CHECK(Machine{row.leaf}.par(ATS1CPW) == row.par);

  Machine m{user_page};
  CHECK(m.par(ATS1CUR, 0x4000'0000) == 0x80b);  // translation, level 1
  CHECK(m.par(ATS1CUR, 0x0020'0000) == 0x80d);  // translation, level 2
  m.registers.ttbcr = Ttbcr{0xb502'3580};       // EPD0
  CHECK(m.par(ATS1CUR) == 0x80b);
}

TEST_CASE("each operation checks its own privilege and access", "[mmu][par][armv7-B3.14][M-28][M-47][M-48]") {
  struct Row {
    std::uint64_t ap;
    bool cpr, cpw, cur, cuw;
  };
  const auto row = GENERATE(values<Row>({
      {0b00, true, true, false, false},
      {0b01, true, true, true, true},
      {0b10, true, false, false, false},
      {0b11, true, false, true, false},
  }));
  CAPTURE(row.ap);
  const Machine m{(user_page & ~std::uint64_t{0xc0}) | row.ap << 6};
  const auto expected = [](bool granted) { return granted ? 0xff00'0001'2345'6980 : std::uint64_t{0x81f}; };
  CHECK(m.par(ATS1CPR) == expected(row.cpr));
  CHECK(m.par(ATS1CPW) == expected(row.cpw));
  CHECK(m.par(ATS1CUR) == expected(row.cur));
  CHECK(m.par(ATS1CUW) == expected(row.cuw));
}

TEST_CASE("an external abort on the walk is a data abort, not a PAR", "[mmu][par][M-36][M-49]") {
  Machine m{user_page};
  m.store(l2, 0x7'0000'0003);
  for (const AddressTranslation operation : operations) {
    const auto found = m.ats(operation);
    REQUIRE_FALSE(found);
    CHECK(found.error().kind == FaultKind::external_abort_on_walk);
    CHECK(found.error().level == 3);
    CHECK(found.error().va == VirtAddr{0x1234});
    CHECK(dfsr_of_operation(found.error()) == Dfsr{0x2a17});  // CM and WnR, for reads too
  }
}

TEST_CASE("with the MMU off PAR has the address itself, Strongly-ordered", "[mmu][par][armv7-B3.2][M-47]") {
  Machine m{user_page};
  m.registers.sctlr = Sctlr{0};
  m.registers.mair = Mair{~std::uint64_t{0}};
  CHECK(m.par(ATS1CUW, 0xffff'f123) == 0x0000'0000'ffff'f900);
}

}  // namespace lpaemu::mmu
