// The user machine's own registers, as whoever stops it finds them: CP15, and what an abort has left.
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <memory>
#include <span>

#include "lpaemu/emu/host/posix_host.h"
#include "lpaemu/emu/machine/user.h"

namespace lpaemu::emu {
namespace {

constexpr std::uint32_t load_address = 0x10000;
constexpr std::uint32_t entry = load_address + 0x54;  // behind the two headers

/// An ELF file with one segment, read and execute: mov r1, #0x20000000; str r0, [r1, #4].
struct ElfFile {
  std::array<std::uint32_t, 13> header{0x464c457f, 0x00010101, 0,          0,          0x00280002, 1, entry,
                                       0x34,       0,          0x05000000, 0x00200034, 0x00000001, 0};
  std::array<std::uint32_t, 8> segment{1, 0, load_address, load_address, 0x5c, 0x5c, 5, 0x1000};
  std::array<std::uint32_t, 2> code{0xe3a01202, 0xe5810004};
};

std::unique_ptr<UserMachine> machine_with_program(kernel::Host& host) {
  auto created = UserMachine::create({.ram_bytes = 4U << 20}, host);
  REQUIRE(created);
  std::unique_ptr<UserMachine> machine = std::move(*created);
  kernel::Kernel& kernel = machine->kernel();
  const auto file =
      kernel.vfs().open(kernel.boot_task(), kernel.vfs().root(), "/prog", kernel::O_CREAT | kernel::O_RDWR, 0755);
  REQUIRE(file);
  const ElfFile program;
  REQUIRE((*file)->write(std::as_bytes(std::span{&program, 1}), 0) == sizeof program);
  REQUIRE(machine->load("/prog", {"prog"}, {}, "/"));
  return machine;
}

}  // namespace

TEST_CASE("CP15 of the user machine is Linux's, with the task's TTBR0", "[emu][machine][M-65]") {
  PosixHost host;
  const auto machine = machine_with_program(host);
  const Cp15& cp15 = machine->cp15();
  CHECK(cp15.translation.ttbcr.raw() == 0xb5003500);
  CHECK(cp15.translation.ttbr0 == machine->kernel().current().mm->ttbr0());
  CHECK(cp15.translation.ttbr1.raw() == 0);
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
  CHECK(exceptions.IFSR().raw() == 0x205);             // the first fetch: no table at level 1 yet
  CHECK(exceptions.IFAR() == VirtAddr{load_address});  // its page: nobody asked while that abort could be asked about
  const auto abt = exceptions.abt();
  REQUIRE(abt);
  CHECK(abt->LR == entry + 4 + 8);
  CHECK((abt->SPSR.raw() & 0x1f) == 0x10);  // from user mode
}

}  // namespace lpaemu::emu
