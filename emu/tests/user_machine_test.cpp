// The user machine's own registers, as whoever stops it finds them: CP15, and what an abort has left.
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <memory>

#include "lpaemu/emu/host/posix_host.h"
#include "lpaemu/emu/machine/user.h"
#include "tiny_program.h"

namespace lpaemu::emu {
namespace {

using tests::tiny_entry;
using tests::tiny_load_address;

std::unique_ptr<UserMachine> machine_with_program(kernel::Host& host) {
  return tests::tiny_machine(host, std::array{0xe3a01202U, 0xe5810004U});  // mov r1, #0x20000000; str r0, [r1, #4]
}

}  // namespace

TEST_CASE("CP15 of the user machine is Linux's, with the task's TTBR0", "[emu][machine][M-65]") {
  PosixHost host;
  const auto machine = machine_with_program(host);
  const Cp15 cp15 = machine->cp15();
  CHECK(cp15.translation.ttbcr.raw() == 0xb5003500);
  CHECK(cp15.translation.ttbr0 == machine->kernel().current().mm->ttbr0());
  CHECK(cp15.translation.ttbr1.raw() == 0);
}

TEST_CASE("TPIDRURW is what the guest wrote", "[emu][machine]") {
  PosixHost host;
  // mov r0, #0x42; mcr p15, 0, r0, c13, c0, 2; mov r1, #0; str r0, [r1]
  const auto machine = tests::tiny_machine(host, std::array{0xe3a00042U, 0xee0d0f50U, 0xe3a01000U, 0xe5810000U});
  CHECK(machine->cp15().TPIDRURW == 0);
  REQUIRE(machine->run() == RunEnd::exited);
  CHECK(machine->cp15().TPIDRURW == 0x42);
}

TEST_CASE("a fatal abort leaves its registers in the model", "[emu][machine][exceptions][M-60]") {
  PosixHost host;
  const auto machine = machine_with_program(host);
  REQUIRE(machine->run() == RunEnd::exited);
  CHECK(machine->kernel().exit_report().killed);
  const ExceptionState& exceptions = machine->exceptions();
  CHECK(exceptions.DFSR().raw() == 0xa06);  // write, long format, translation fault at level 2
  CHECK(exceptions.DFAR() == VirtAddr{0x20000004});
  CHECK(exceptions.dfar_is_exact());
  CHECK(exceptions.IFSR().raw() == 0x205);  // the first fetch: no table at level 1 yet
  CHECK(exceptions.IFAR() ==
        VirtAddr{tiny_load_address});  // its page: nobody asked while that abort could be asked about
  const auto abt = exceptions.abt();
  REQUIRE(abt);
  CHECK(abt->LR == tiny_entry + 4 + 8);
  CHECK((abt->SPSR.raw() & 0x1f) == 0x10);  // from user mode
}

}  // namespace lpaemu::emu
