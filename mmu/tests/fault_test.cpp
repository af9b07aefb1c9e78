#include "lpaemu/mmu/fault.h"

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <optional>

#include "lpaemu/mmu/testing/stringify.h"

namespace lpaemu::mmu {
namespace {

Fault fault_of(FaultKind kind, unsigned level, Access access) {
  return Fault{kind, level, VirtAddr{0x1234}, access, Privilege::pl0};
}

}  // namespace

TEST_CASE("the fault status words of the reference", "[mmu][fault][armv7-B3.13.3][M-31][M-34][M-40]") {
  struct Row {
    FaultKind kind;
    unsigned level;
    std::uint32_t read, write, fetch;
  };
  const auto row = GENERATE(values<Row>({
      {FaultKind::translation, 1, 0x205, 0xa05, 0x205},
      {FaultKind::translation, 2, 0x206, 0xa06, 0x206},
      {FaultKind::translation, 3, 0x207, 0xa07, 0x207},
      {FaultKind::access_flag, 1, 0x209, 0xa09, 0x209},
      {FaultKind::access_flag, 2, 0x20a, 0xa0a, 0x20a},
      {FaultKind::access_flag, 3, 0x20b, 0xa0b, 0x20b},
      {FaultKind::permission, 1, 0x20d, 0xa0d, 0x20d},
      {FaultKind::permission, 2, 0x20e, 0xa0e, 0x20e},
      {FaultKind::permission, 3, 0x20f, 0xa0f, 0x20f},
      {FaultKind::external_abort, 0, 0x210, 0xa10, 0x210},
      {FaultKind::external_abort_on_walk, 1, 0x215, 0xa15, 0x215},
      {FaultKind::external_abort_on_walk, 2, 0x216, 0xa16, 0x216},
      {FaultKind::external_abort_on_walk, 3, 0x217, 0xa17, 0x217},
      {FaultKind::debug_event, 0, 0x222, 0xa22, 0x222},
      {FaultKind::tlb_conflict, 0, 0x230, 0xa30, 0x230},
  }));
  CHECK(dfsr_of(fault_of(row.kind, row.level, Access::read)) == Dfsr{row.read});
  CHECK(dfsr_of(fault_of(row.kind, row.level, Access::write)) == Dfsr{row.write});
  CHECK(ifsr_of(fault_of(row.kind, row.level, Access::execute)) == Ifsr{row.fetch});
  CHECK(fsr_word(fault_of(row.kind, row.level, Access::read)) == row.read);
  CHECK(fsr_word(fault_of(row.kind, row.level, Access::write)) == row.write);
  CHECK(fsr_word(fault_of(row.kind, row.level, Access::execute)) == row.fetch);
}

TEST_CASE("an alignment fault has no level", "[mmu][fault][armv7-B3.13.3]") {
  CHECK(fsr_word(fault_of(FaultKind::alignment, 0, Access::read)) == 0x221);
  CHECK(fsr_word(fault_of(FaultKind::alignment, 0, Access::write)) == 0xa21);
}

TEST_CASE("the word does not depend on address and privilege", "[mmu][fault][M-31]") {
  Fault fault = fault_of(FaultKind::permission, 3, Access::write);
  fault.privilege = Privilege::pl1;
  fault.va = VirtAddr{0xffff'ffff};
  CHECK(fsr_word(fault) == 0xa0f);
}

TEST_CASE("each of the 64 status codes decodes to its fault or to nothing", "[mmu][fault][armv7-B3.13.3][M-34][M-42]") {
  using enum FaultKind;
  std::array<std::optional<FaultStatus>, 64> expected{};
  expected[0b000101] = {translation, 1};
  expected[0b000110] = {translation, 2};
  expected[0b000111] = {translation, 3};
  expected[0b001001] = {access_flag, 1};
  expected[0b001010] = {access_flag, 2};
  expected[0b001011] = {access_flag, 3};
  expected[0b001101] = {permission, 1};
  expected[0b001110] = {permission, 2};
  expected[0b001111] = {permission, 3};
  expected[0b010000] = {external_abort, 0};
  expected[0b010101] = {external_abort_on_walk, 1};
  expected[0b010110] = {external_abort_on_walk, 2};
  expected[0b010111] = {external_abort_on_walk, 3};
  expected[0b100001] = {alignment, 0};
  expected[0b100010] = {debug_event, 0};
  expected[0b110000] = {tlb_conflict, 0};
  // Not ours: level 0 codes, asynchronous aborts, parity, implementation defined, domain faults (PAR only), ARMv8's.

  unsigned ours = 0;
  for (unsigned status = 0; status < expected.size(); ++status) {
    INFO("status " << status);
    CHECK(decode_fault_status(status) == expected[status]);
    if (!expected[status]) continue;
    ++ours;
    const auto [kind, level] = *expected[status];
    CHECK(fault_status(kind, level) == status);
    // The whole words, and back from them.
    CHECK(dfsr_of(fault_of(kind, level, Access::read)) == Dfsr{0x200 | status});
    CHECK(dfsr_of(fault_of(kind, level, Access::write)) == Dfsr{0xa00 | status});
    CHECK(ifsr_of(fault_of(kind, level, Access::execute)) == Ifsr{0x200 | status});
    CHECK(decode_fault_status(DFSR::STATUS.get(Dfsr{0xffff'ffc0 | status})) == expected[status]);
    CHECK(decode_fault_status(IFSR::STATUS.get(Ifsr{0xffff'ffc0 | status})) == expected[status]);
  }
  CHECK(ours == 4 * 3 + 4);  // four kinds with three levels, four without
}

}  // namespace lpaemu::mmu
