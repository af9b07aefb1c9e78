// How the engine is left and entered again: TRAPs asynchronous stop, PC writes in hooks, exclusive monitor, probes and
// nested calls, exception storm.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "stop_timer.h"
#include "test_machine.h"

using namespace lpaemu::emu;
using namespace lpaemu::emu::test;
namespace mmu = lpaemu::mmu;

namespace {

/// A counter incremented by LDREX/STREX under stops.
struct CounterRun {
  static constexpr std::uint32_t wanted = 1000000;
  std::uint32_t counted = 0;
  std::uint64_t stops = 0;

  explicit CounterRun(const Remedies& remedies) {
    TestMachine machine{remedies};
    const PhysAddr counter = machine.map(data_va, rw);
    machine.code(code_va, {
                              0xe1910f9f,  // loop: ldrex r0, [r1]
                              0xe2800001,  // add r0, r0, #1
                              0xe1812f90,  // strex r2, r0, [r1]
                              0xe3520000,  // cmp r2, #0
                              0x1afffffa,  // bne loop
                              0xe2533001,  // subs r3, r3, #1
                              0x1afffff8,  // bne loop
                              svc_0,
                          });
    machine.set_r(1, data_va.raw());
    machine.set_r(3, wanted);
    machine.set_pc(code_va);
    machine.engine().set_block_hook(BlockHook::on);
    const StopTimer timer{machine.engine()};
    while (machine.run().reason != StopReason::svc) {
    }
    counted = machine.word(counter);
    stops = machine.engine().statistics().starts;
  }
};

}  // namespace

TEST_CASE("stops leave LDREX/STREX exact", "[engine][trap][stop]") {
  const CounterRun with{{}};
  CHECK(with.counted == CounterRun::wanted);
  CHECK(with.stops > 1);
  const CounterRun without{{.stop_at_blocks = false}};
  INFO("asynchronous stops: " << CounterRun::wanted << " increments gave " << without.counted << " under "
                              << without.stops << " stops; at block starts: " << with.counted << " under "
                              << with.stops);
  CHECK(without.counted != CounterRun::wanted);  // else the trap is gone, and with it the reason for the remedy
}

TEST_CASE("a stop at every block leaves LDREX/STREX exact", "[engine][trap][stop]") {
  TestMachine machine;
  const PhysAddr counter = machine.map(data_va, rw);
  machine.code(code_va, {
                            0xe1910f9f,  // loop: ldrex r0, [r1]
                            0xe2800001,  // add r0, r0, #1
                            0xe1812f90,  // strex r2, r0, [r1]
                            0xe0866002,  // add r6, r6, r2
                            0xe2533001,  // subs r3, r3, #1
                            0x1afffff9,  // bne loop
                            svc_0,
                        });
  machine.set_r(1, data_va.raw());
  machine.set_r(3, 5000);
  machine.set_pc(code_va);
  machine.engine().set_block_hook(BlockHook::on);
  machine.engine().set_block_limit(1);
  unsigned stops = 0;
  while (machine.run().reason != StopReason::svc) {
    machine.engine().set_block_limit(machine.engine().statistics().blocks + 1);
    ++stops;
  }
  CHECK(stops >= 5000);
  CHECK(machine.word(counter) == 5000);
  CHECK(machine.r(6) == 0);
}

TEST_CASE("a request ends one run: at a block with the hook, at an SVC without", "[engine][stop]") {
  TestMachine machine;
  machine.code(code_va, {
                            0xe2900001,  // loop: adds r0, r0, #1
                            svc_0,
                            0xeafffffc,  // b loop
                        });
  machine.svc_handler = [] { return SvcAnswer::resume; };
  const bool hook = GENERATE(true, false);
  machine.engine().set_block_hook(hook ? BlockHook::on : BlockHook::off);
  machine.set_pc(code_va);
  for (std::uint32_t i = 0; i < 5; ++i) {
    machine.engine().request_stop();
    CHECK(machine.run().reason == StopReason::requested);
    CHECK(machine.engine().pc() == (hook ? code_va : code_va + 8));
    CHECK(machine.r(0) == (hook ? 0 : i + 1));
  }
}

TEST_CASE("an endless loop is left through the block hook", "[engine][stop]") {
  TestMachine machine;
  machine.code(code_va, {0xeafffffe});  // b .
  // Translated first without the hook: turning it on must reach such code too.
  machine.code(code_va + PAGE_SIZE, {0xe2522001, 0x1afffffd, svc_0});  // subs r2, r2, #1; bne .-4; svc
  machine.set_r(2, 10);
  REQUIRE(machine.run_from(code_va + PAGE_SIZE).reason == StopReason::svc);
  machine.engine().set_block_hook(BlockHook::on);
  machine.engine().set_block_limit(1000);
  machine.set_r(2, 1 << 30);
  const VirtAddr where = GENERATE(code_va, code_va + PAGE_SIZE);
  CHECK(machine.run_from(where).reason == StopReason::requested);
  CHECK(machine.engine().statistics().blocks == 1000);
}

TEST_CASE("a guest that is abandoned leaves the tightest loop without the block hook, and never runs again",
          "[engine][stop]") {
  TestMachine machine;
  machine.code(code_va, {0xeafffffe});                          // b .
  machine.code(code_va + PAGE_SIZE, {0xe2800001, 0xeafffffd});  // add r0, r0, #1; b .-4
  const VirtAddr loop = GENERATE(code_va, code_va + PAGE_SIZE);
  {
    const StopTimer timer{machine.engine(), [](Engine& engine) { engine.abandon(); }};
    CHECK(machine.run_from(loop).reason == StopReason::requested);
  }
  const std::uint32_t counted = machine.r(0);
  CHECK(machine.run_from(loop).reason == StopReason::requested);
  CHECK(machine.engine().pc() == loop);
  CHECK(machine.r(0) == counted);
}

TEST_CASE("blocks are counted only with the hook, and once each", "[engine][stop][blocks]") {
  constexpr unsigned pages = 50;
  const auto run = [](BlockHook hook, bool faults, bool in_hook, std::uint64_t limit_step) {
    TestMachine machine;
    machine.code(code_va, {
                              0xe3a00000,  // loop: mov r0, #0
                              0xe5910000,  // ldr r0, [r1]: in the middle of a block
                              0xe2811a01,  // add r1, r1, #4096
                              0xe2522001,  // subs r2, r2, #1
                              0x1afffffa,  // bne loop
                              svc_0,
                          });
    for (unsigned i = 0; i < pages; ++i) machine.map(data_va + i * PAGE_SIZE, {.accessed = !faults});
    machine.engine().set_block_hook(hook);
    machine.fault_handler = [&](const mmu::Fault& fault) {
      if (in_hook) machine.map(fault.va, r_only);
      return in_hook ? FaultAnswer::retry : FaultAnswer::fail;
    };
    machine.set_r(1, data_va.raw());
    machine.set_r(2, pages);
    machine.set_pc(code_va);
    machine.engine().set_block_limit(limit_step);
    for (Stop stop = machine.run(); stop.reason != StopReason::svc; stop = machine.run()) {
      if (stop.reason == StopReason::fault) machine.map(stop.fault.va, r_only);
      if (stop.reason == StopReason::requested && limit_step != 0)
        machine.engine().set_block_limit(machine.engine().statistics().blocks + limit_step);
    }
    return machine.engine().statistics().blocks;
  };
  CHECK(run(BlockHook::off, true, true, 0) == 0);
  const std::uint64_t blocks = run(BlockHook::on, false, true, 0);
  CHECK(blocks == pages + 1);
  CHECK(run(BlockHook::on, true, true, 0) == blocks);
  CHECK(run(BlockHook::on, true, false, 0) == blocks);
  CHECK(run(BlockHook::on, true, false, 3) == blocks);
}

namespace {

/// Every SVC skips the instruction after it by writing the PC; stops come in between. Answers the turns that went
/// wrong: an instruction that was not skipped, or a PC that is not where the guest is.
unsigned wrong_pcs(std::uint64_t blocks) {
  constexpr std::uint32_t turns = 2000;
  TestMachine machine;
  machine.code(code_va, {
                            svc_0,       // loop
                            0xe2855001,  // add r5, r5, #1: skipped
                            0xe2533001,  // subs r3, r3, #1
                            0x0a000003,  // beq end
                            0xe1a00000,  // mov r0, r0
                            0xeafffff9,  // b loop
                            0xe2866001,  // add r6, r6, #1: never
                            0xe2866001,
                            0xe3a07001,  // end: mov r7, #1
                            svc_0,
                        });
  Engine& engine = machine.engine();
  machine.svc_handler = [&] {
    auto registers = machine.registers();
    if (registers.r[7] == 1) return SvcAnswer::stop;
    registers.r[15] += 4;
    engine.set_user_registers(registers);
    CHECK(engine.pc() == registers.pc());
    return SvcAnswer::resume;
  };
  engine.set_block_hook(BlockHook::on);
  engine.set_block_limit(blocks);
  machine.set_r(3, turns);
  machine.set_pc(code_va);
  unsigned wrong = 0;
  for (Stop stop = machine.run(); stop.reason != StopReason::svc; stop = machine.run()) {
    REQUIRE(stop.reason == StopReason::requested);
    const std::uint32_t offset = engine.pc() - code_va;
    if (offset != 0 && offset != 8 && offset != 16 && offset != 32) ++wrong;
    engine.set_block_limit(engine.statistics().blocks + blocks);
    if (wrong > turns) break;
  }
  return wrong + machine.r(5) + machine.r(6);
}

}  // namespace

// Written by uc_reg_write in the hook it went right too in 10,000 tries; by the engine's source it need not.
TEST_CASE("a PC written at an SVC is where the guest goes on, also under stops", "[engine][trap][pc]") {
  // Stops at each block, and at the second or third after an SVC.
  for (const unsigned blocks : {1U, 2U, 3U, 5U}) {
    CAPTURE(blocks);
    CHECK(wrong_pcs(blocks) == 0);
  }
}

TEST_CASE("a PC written at an SVC that stops", "[engine][pc]") {
  TestMachine machine;
  machine.code(code_va, {svc_0, 0xe3a00001, 0xe3a00002, svc_0});  // svc; mov r0, #1; mov r0, #2; svc
  machine.svc_handler = [&] {
    if (machine.svcs > 1) return SvcAnswer::stop;
    auto registers = machine.registers();
    registers.r[15] = (code_va + 12).raw();
    registers.r[0] = 9;
    machine.engine().set_user_registers(registers);
    return SvcAnswer::stop;
  };
  CHECK(machine.run_from(code_va).reason == StopReason::svc);
  CHECK(machine.engine().pc() == code_va + 12);
  CHECK(machine.run().reason == StopReason::svc);
  CHECK(machine.r(0) == 9);
}

TEST_CASE("an SVC handler can change to Thumb and back", "[engine][pc][thumb]") {
  TestMachine machine;
  machine.code(code_va, {svc_0, 0xe2822001, svc_0});                                // svc; add r2, r2, #1; svc
  machine.load_thumb(machine.map(code_va + PAGE_SIZE, rx), {0x3301, thumb_svc_0});  // adds r3, #1; svc
  machine.svc_handler = [&] {
    if (machine.svcs == 3) return SvcAnswer::stop;
    auto registers = machine.registers();
    registers.cpsr = mmu::PSR::T.with(registers.cpsr, machine.svcs == 1);
    registers.r[15] = (machine.svcs == 1 ? code_va + PAGE_SIZE : code_va + 4).raw();
    machine.engine().set_user_registers(registers);
    return SvcAnswer::resume;
  };
  CHECK(machine.run_from(code_va).reason == StopReason::svc);
  CHECK(machine.r(3) == 1);
  CHECK(machine.r(2) == 1);
  CHECK(machine.engine().pc() == code_va + 12);
}

TEST_CASE("the exclusive monitor is cleared from wherever it is asked for", "[engine][trap][monitor]") {
  TestMachine machine;
  const PhysAddr page = machine.map(data_va, rw);
  machine.code(code_va, {
                            0xe1910f9f,  // ldrex r0, [r1]
                            svc_0,
                            0xe5933000,  // ldr r3, [r3]
                            0xe1812f94,  // strex r2, r4, [r1]
                            0xe3a07001,  // mov r7, #1
                            svc_0,
                        });
  enum class From { nowhere, svc_resumed, svc_stopped, failed_fault };
  const auto from = GENERATE(From::nowhere, From::svc_resumed, From::svc_stopped, From::failed_fault);
  Engine& engine = machine.engine();
  machine.svc_handler = [&] {
    if (from == From::svc_resumed) engine.clear_exclusive_monitor();
    return from == From::svc_stopped || machine.r(7) == 1 ? SvcAnswer::stop : SvcAnswer::resume;
  };
  machine.fault_handler = [&](const mmu::Fault& fault) {
    if (from == From::failed_fault) return FaultAnswer::fail;
    machine.map(fault.va, r_only);
    return FaultAnswer::retry;
  };
  machine.set_r(1, data_va.raw());
  machine.set_r(3, (data_va + PAGE_SIZE).raw());
  machine.set_r(4, 7);
  machine.set_pc(code_va);
  const auto before = machine.registers();
  for (Stop stop = machine.run(); machine.r(7) != 1; stop = machine.run()) {
    if (stop.reason == StopReason::fault) machine.map(stop.fault.va, r_only);
    engine.clear_exclusive_monitor();
    engine.clear_exclusive_monitor();
    CHECK(machine.registers().r[14] == before.r[14]);
  }
  CHECK(machine.r(2) == (from == From::nowhere ? 0 : 1));
  CHECK(machine.word(page) == (from == From::nowhere ? 7 : 0));
  CHECK(engine.statistics().monitor_clears == (from == From::nowhere ? 0 : 1));
  CHECK(engine.pc() == code_va + 24);
}

TEST_CASE("clearing the monitor keeps flags, IT state and Thumb", "[engine][monitor][thumb]") {
  TestMachine machine;
  machine.load_thumb(machine.map(code_va, rx), {
                                                   0x4280,  // cmp r0, r0
                                                   0xbf0c,  // ite eq
                                                   0x680a,  // ldreq r2, [r1]
                                                   0x3301,  // addne r3, #1
                                                   0xbf08,  // it eq
                                                   0x3401,  // addeq r4, #1
                                                   thumb_svc_0,
                                               });
  machine.set_r(1, data_va.raw());
  REQUIRE(machine.run_from(code_va, true).reason == StopReason::fault);
  machine.map(data_va, r_only);
  const auto before = machine.registers();
  machine.engine().clear_exclusive_monitor();
  REQUIRE(machine.run().reason == StopReason::svc);
  CHECK(before.thumb());
  CHECK(machine.r(3) == 0);
  CHECK(machine.r(4) == 1);
}

TEST_CASE("looking addresses up for itself, the engine never reaches the client", "[engine][trap][nested]") {
  const auto faults_outside = [](const Remedies& remedies) {
    TestMachine machine{remedies};
    machine.code(code_va, {0xe3a00001, svc_0});
    machine.engine().set_block_hook(BlockHook::on);
    REQUIRE(machine.run_from(code_va).reason == StopReason::svc);
    machine.set_descriptor(code_va, {});
    machine.engine().flush_tlb();
    const auto fills = machine.engine().statistics().all_fills();
    machine.engine().set_block_hook(BlockHook::off);  // drops the hook's blocks: by address
    CHECK(machine.engine().statistics().all_fills() > fills);
    return machine.faults;
  };
  CHECK(faults_outside({}) == 0);
  CHECK(faults_outside({.tables_only = false}) > 0);
}

TEST_CASE("a client that repairs nothing is asked a bounded number of times", "[engine][trap][storm]") {
  constexpr unsigned patience = 1000;
  const auto asked = [](const Remedies& remedies) {
    TestMachine machine{remedies};
    machine.code(code_va, {0xe5910000});  // ldr r0, [r1]
    machine.fault_handler = [&](const mmu::Fault&) {
      return machine.faults < patience ? FaultAnswer::retry : FaultAnswer::fail;
    };
    CHECK(machine.run_from(code_va).reason == StopReason::fault);
    CHECK(machine.engine().pc() == code_va);
    return machine.faults;
  };
  CHECK(asked({}) == TlbBridge::max_retries);
  CHECK(asked({.bound_retries = false}) == patience);
}

TEST_CASE("an SVC that is repeated without an end is left at a request", "[engine][trap][storm]") {
  TestMachine machine;
  machine.code(code_va, {svc_0});
  machine.engine().set_block_hook(GENERATE(BlockHook::off, BlockHook::on));
  machine.svc_handler = [&] {
    auto registers = machine.registers();
    registers.r[15] -= 4;
    machine.engine().set_user_registers(registers);
    if (machine.svcs == 100) machine.engine().request_stop();
    return SvcAnswer::resume;
  };
  CHECK(machine.run_from(code_va).reason == StopReason::requested);
  CHECK(machine.svcs == 100);
  CHECK(machine.engine().pc() == code_va);
}
