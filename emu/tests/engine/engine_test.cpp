// The engine without traps: registers, the reasons to stop, physical addresses.
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <sstream>

#include "test_machine.h"

using namespace lpaemu::emu;
using namespace lpaemu::emu::test;
namespace mmu = lpaemu::mmu;
namespace kernel = lpaemu::kernel;

TEST_CASE("instructions run through our tables, wherever RAM is", "[engine][physical]") {
  // The second base has PA[39:32] only, the third ends at the last physical address, the fourth is below 4 GiB.
  const auto base =
      GENERATE(GuestRam::default_base, PhysAddr{0x100000000}, PhysAddr{0xffff000000}, PhysAddr{0x40000000});
  TestMachine machine{{}, base};
  const PhysAddr data = machine.map(data_va, rw);
  machine.code(code_va, {
                            0xe3a00005,  // mov r0, #5
                            0xe2800003,  // add r0, r0, #3
                            0xe5810000,  // str r0, [r1]
                            0xe5912000,  // ldr r2, [r1]
                            svc_0,
                        });
  machine.set_r(1, data_va.raw());
  const Stop stop = machine.run_from(code_va);
  CHECK(stop.reason == StopReason::svc);
  CHECK(machine.engine().pc() == code_va + 20);
  CHECK(machine.r(2) == 8);
  CHECK(machine.word(data) == 8);
}

TEST_CASE("a descriptor that leads outside RAM is an external abort", "[engine][physical]") {
  TestMachine machine;
  // What a cut to 32 bits would make of the RAM's base, the first page after RAM, and the engine's own last page.
  const auto pa = GENERATE(PhysAddr{0x80000000}, PhysAddr{0x881000000}, PhysAddr{0xfffffff000});
  machine.map(data_va, pa, rwx);
  machine.code(code_va, {0xe5910000});  // ldr r0, [r1]
  machine.set_r(1, data_va.raw());
  const auto access = GENERATE(Access::read, Access::execute);
  const Stop stop = machine.run_from(access == Access::read ? code_va : data_va);
  REQUIRE(stop.reason == StopReason::fault);
  CHECK(stop.fault == mmu::Fault{mmu::FaultKind::external_abort, 0, data_va, access, mmu::Privilege::pl0});
}

TEST_CASE("registers are read and written outside run()", "[engine][registers]") {
  TestMachine machine;
  machine.code(code_va, {0xe2900001, svc_0});  // adds r0, r0, #1; svc
  kernel::UserRegisters registers;
  for (std::uint32_t i = 0; i < 15; ++i) registers.r[i] = 0x1000 + i;
  registers.r[0] = 0xffffffff;
  registers.r[15] = code_va.raw();
  registers.cpsr = mmu::PSR::V.with(mmu::PSR::M.with(mmu::Psr{}, mmu::PsrMode::usr), true);
  machine.engine().set_user_registers(registers);
  CHECK(machine.registers().r == registers.r);
  CHECK(machine.registers().cpsr == registers.cpsr);
  CHECK(machine.engine().pc() == code_va);

  REQUIRE(machine.run().reason == StopReason::svc);
  const auto after = machine.registers();
  CHECK(after.r[0] == 0);
  for (std::uint32_t i = 1; i < 15; ++i) CHECK(after.r[i] == 0x1000 + i);
  CHECK(after.pc() == code_va + 8);
  CHECK(mmu::PSR::Z.get(after.cpsr));
  CHECK(mmu::PSR::C.get(after.cpsr));
  CHECK_FALSE(mmu::PSR::V.get(after.cpsr));
  CHECK(mmu::PSR::M.get(after.cpsr) == mmu::PsrMode::usr);
}

TEST_CASE("VFP registers, TPIDRURO and TPIDRURW", "[engine][registers]") {
  TestMachine machine;
  machine.code(code_va, {
                            0xee310b02,  // vadd.f64 d0, d1, d2
                            0xee1d0f70,  // mrc p15, 0, r0, c13, c0, 3
                            0xee1d1f50,  // mrc p15, 0, r1, c13, c0, 2
                            0xee0d2f50,  // mcr p15, 0, r2, c13, c0, 2
                            svc_0,
                        });
  kernel::VfpRegisters vfp;
  for (std::size_t i = 0; i < vfp.d.size(); ++i) vfp.d[i] = 0x1111111111111111 * i;
  vfp.d[1] = std::bit_cast<std::uint64_t>(1.5);
  vfp.d[2] = std::bit_cast<std::uint64_t>(2.25);
  vfp.fpscr = 0x03c00000;  // DN, FZ, round to zero
  machine.engine().set_vfp_registers(vfp);
  machine.engine().set_tls(0x12345678);
  machine.engine().set_tpidrurw(0x9abcdef0);
  machine.set_r(2, 77);
  REQUIRE(machine.run_from(code_va).reason == StopReason::svc);
  vfp.d[0] = std::bit_cast<std::uint64_t>(3.75);
  const auto after = machine.engine().vfp_registers();
  CHECK(after.d == vfp.d);
  CHECK(after.fpscr == vfp.fpscr);
  CHECK(machine.r(0) == 0x12345678);
  CHECK(machine.r(1) == 0x9abcdef0);
  CHECK(machine.engine().tpidrurw() == 77);
}

TEST_CASE("SVC: resumed in the hook with r0 written, or stopped", "[engine][svc]") {
  TestMachine machine;
  machine.code(code_va, {
                            svc_0,
                            0xe1a03000,  // mov r3, r0
                            svc_0,
                        });
  machine.svc_handler = [&] {
    CHECK(machine.engine().system_call_registers()[7] == 4);
    if (machine.svcs == 2) return SvcAnswer::stop;
    CHECK(machine.engine().pc() == code_va + 4);
    machine.engine().set_r0(42);
    return SvcAnswer::resume;
  };
  machine.set_r(7, 4);
  CHECK(machine.run_from(code_va).reason == StopReason::svc);
  CHECK(machine.svcs == 2);
  CHECK(machine.r(3) == 42);
  CHECK(machine.engine().pc() == code_va + 12);
  CHECK(machine.engine().statistics().starts == 1);
}

TEST_CASE("exceptions stop with the PC at the instruction", "[engine][exceptions]") {
  TestMachine machine;
  machine.map(data_va, rw);
  machine.set_r(1, data_va.raw() + 2);
  struct Row {
    std::uint32_t instruction;
    StopReason reason;
    Exception exception;
    ExceptionClass exception_class;
  };
  const auto row = GENERATE(values<Row>({
      {0xe7f000f0, StopReason::undefined, Exception::prefetch_abort, ExceptionClass::unknown},  // udf #0
      {0xe1600070, StopReason::undefined, Exception::prefetch_abort, ExceptionClass::unknown},  // smc #0
      {0xe1200070, StopReason::exception, Exception::bkpt, ExceptionClass::bkpt},               // bkpt #0
      {0xe1910f9f, StopReason::exception, Exception::data_abort, ExceptionClass::data_abort},   // ldrex r0, [r1]
  }));
  CAPTURE(row.instruction);
  machine.code(code_va, {0xe3a00001, row.instruction});  // mov r0, #1
  // Twice: the second time the code is translated.
  for (int i = 0; i < 2; ++i) {
    const Stop stop = machine.run_from(code_va);
    REQUIRE(stop.reason == row.reason);
    CHECK(machine.engine().pc() == code_va + 4);
    CHECK(machine.r(0) == 1);
    CHECK(HSR::EC.get(stop.syndrome) == row.exception_class);
    if (row.reason == StopReason::exception) CHECK(stop.exception == row.exception);
  }
}

TEST_CASE("an alignment fault has a status of the long format", "[engine][exceptions]") {
  TestMachine machine;
  machine.map(data_va, rw);
  machine.set_r(1, data_va.raw() + 2);
  machine.code(code_va, {0xe1910f9f});  // ldrex r0, [r1]
  const Stop stop = machine.run_from(code_va);
  REQUIRE(stop.exception == Exception::data_abort);
  CHECK_FALSE(HSR::WnR.get(stop.syndrome));
  CHECK(HSR::DFSC.get(stop.syndrome) == mmu::fault_status(mmu::FaultKind::alignment, 0));
}

// third_party/unicorn.cmake: a linker turned a push in the engine's 64-bit load into a call of itself.
TEST_CASE("64-bit loads that miss the soft TLB", "[engine][loads]") {
  TestMachine machine;
  for (std::uint32_t page = 0; page < 3 * PAGE_SIZE; page += PAGE_SIZE) {
    const PhysAddr pa = machine.map(data_va + page, rw);
    for (std::uint32_t offset = 0; offset < PAGE_SIZE; offset += 4) machine.word(pa + offset) = page + offset;
  }
  machine.code(code_va, {
                            0xed910b00,  // vldr d0, [r1]
                            0xe1b34f9f,  // ldrexd r4, r5, [r3]
                            0xf426270f,  // vld1.8 {d2}, [r6]
                            svc_0,
                        });
  machine.set_r(1, data_va.raw() + 4);
  machine.set_r(3, data_va.raw() + PAGE_SIZE + 8);
  machine.set_r(6, data_va.raw() + 2 * PAGE_SIZE - 4);  // across the pages' edge
  REQUIRE(machine.run_from(code_va).reason == StopReason::svc);
  CHECK(machine.engine().vfp_registers().d[0] == 0x0000000800000004);
  CHECK(machine.engine().vfp_registers().d[2] == 0x0000200000001ffc);
  CHECK(machine.r(4) == 0x1008);
  CHECK(machine.r(5) == 0x100c);
}

TEST_CASE("hints are told from undefined instructions, and do nothing unless asked for", "[engine][exceptions]") {
  TestMachine machine;
  // yield; udf; wfe; wfi; svc; yield: each hint follows another kind of exception, and udf follows a hint.
  machine.code(code_va, {0xe320f001, 0xe7f000f0, 0xe320f002, 0xe320f003, svc_0, 0xe320f001, 0xe7f000f0});
  Engine& engine = machine.engine();
  const auto runs_to = [&](StopReason reason, std::uint32_t offset) {
    CHECK(machine.run().reason == reason);
    CHECK(engine.pc() == code_va + offset);
  };
  machine.set_pc(code_va);
  SECTION("not asked for") {
    runs_to(StopReason::undefined, 4);
    machine.set_pc(code_va + 8);
    runs_to(StopReason::svc, 20);
    runs_to(StopReason::undefined, 24);
  }
  SECTION("asked for") {
    engine.set_stop_at_hints(true);
    runs_to(StopReason::hint, 4);
    runs_to(StopReason::undefined, 4);
    machine.set_pc(code_va + 8);
    runs_to(StopReason::hint, 12);
    runs_to(StopReason::hint, 16);
    runs_to(StopReason::svc, 20);
    runs_to(StopReason::hint, 24);
    runs_to(StopReason::undefined, 24);
  }
}

TEST_CASE("hints behind any load or store that missed the soft TLB do nothing", "[engine][exceptions]") {
  const std::uint32_t access = GENERATE(0xe5910000U, 0xe5810000U, 0xe1c120d0U, 0xe1c120f0U, 0xe891000cU, 0xe881000cU,
                                        0xed910b00U, 0xf421070fU, 0xe1910f9fU, 0xe5d10000U, 0xe1d100b0U, 0xe4910000U);
  const std::uint32_t hint = GENERATE(0xe320f001U, 0xe320f002U);  // yield, wfe
  CAPTURE(access, hint);
  TestMachine machine;
  machine.map(data_va, rw);
  machine.code(code_va, {access, hint, 0xe7f000f0, svc_0});  // udf behind it: still undefined
  machine.set_r(1, data_va.raw());
  CHECK(machine.run_from(code_va).reason == StopReason::undefined);
  CHECK(machine.engine().pc() == code_va + 8);
}

TEST_CASE("Thumb: entry, hints, undefined instructions and breakpoints", "[engine][exceptions][thumb]") {
  TestMachine machine;
  const PhysAddr pa = machine.map(code_va, rx);
  machine.load_thumb(pa, {0xbf10, 0x2005, 0xde00, 0xbe00});  // yield; movs r0, #5; udf #0; bkpt #0
  CHECK(machine.run_from(code_va, true).reason == StopReason::undefined);
  CHECK(machine.engine().pc() == code_va + 4);
  CHECK(machine.r(0) == 5);
  CHECK(machine.registers().thumb());
  CHECK(machine.run_from(code_va + 6, true).exception == Exception::bkpt);
  CHECK(machine.engine().pc() == code_va + 6);
}

TEST_CASE("a jump to where no code is stops there", "[engine][faults]") {
  TestMachine machine;
  machine.code(code_va, {0xe12fff11});  // bx r1
  machine.map(data_va, rw);
  machine.word(machine.map(data_va + PAGE_SIZE, rx)) = svc_0;
  struct Row {
    VirtAddr target;
    mmu::FaultKind kind;
    unsigned level;
  };
  const auto row = GENERATE(values<Row>({
      {VirtAddr{0}, mmu::FaultKind::translation, 2},  // an empty entry, in a table that code_va has made
      {VirtAddr{0xfffffffc}, mmu::FaultKind::translation, 1},
      {VirtAddr{0xfffff000}, mmu::FaultKind::translation, 1},  // where the engine hides its stub
      {data_va + 16, mmu::FaultKind::permission, 3},
  }));
  machine.set_r(1, row.target.raw());
  const Stop stop = machine.run_from(code_va);
  REQUIRE(stop.reason == StopReason::fault);
  CHECK(stop.fault.kind == row.kind);
  CHECK(stop.fault.access == Access::execute);
  CHECK(stop.fault.va == row.target.page());
  CHECK(machine.engine().pc() == row.target);
}

TEST_CASE("the guest may use the address that the engine reserves", "[engine]") {
  TestMachine machine;
  constexpr VirtAddr reserved{0xfffff000};
  machine.code(reserved, {0xe3a00007, svc_0});  // mov r0, #7
  for (int i = 0; i < 3; ++i) {
    machine.set_r(0, 0);
    REQUIRE(machine.run_from(reserved).reason == StopReason::svc);
    CHECK(machine.r(0) == 7);
    machine.engine().clear_exclusive_monitor();  // runs the stub there
  }
}

TEST_CASE("version() is the library's", "[engine]") {
  std::array<unsigned, 3> version{};
  char dot = 0;
  std::istringstream text{Engine::version()};
  text >> version[0] >> dot >> version[1] >> dot >> version[2];
  CHECK_FALSE(text.fail());
  CHECK(version >= std::array{2U, 1U, 4U});
}
