// TRAP, IT state: the engine restores the CPU state before a fill, and IT bits stay behind when the fill succeeds.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "test_machine.h"

using namespace lpaemu::emu;
using namespace lpaemu::emu::test;
namespace mmu = lpaemu::mmu;

namespace {

constexpr unsigned pages = 500;

/// A load in an IT block misses the soft TLB once a turn; the next block has an instruction that a bogus IT state
/// would skip. Answers how often it was skipped.
unsigned skipped(const Remedies& remedies, bool faults) {
  TestMachine machine{remedies};
  machine.load_thumb(machine.map(code_va, rx), {
                                                   0x4280,  // loop: cmp r0, r0
                                                   0xbf08,  // it eq
                                                   0x680a,  // ldreq r2, [r1]
                                                   0x2801,  // cmp r0, #1: NE from here
                                                   0xe7ff,  // b next
                                                   0x3301,  // next: adds r3, #1
                                                   0xf501,
                                                   0x5180,  // add.w r1, r1, #4096
                                                   0x3c01,  // subs r4, #1
                                                   0xd1f5,  // bne loop
                                                   thumb_svc_0,
                                               });
  for (unsigned i = 0; i < pages; ++i) machine.map(data_va + i * PAGE_SIZE, {.accessed = !faults});
  machine.fault_handler = [&](const mmu::Fault& fault) {
    machine.map(fault.va, r_only);
    return FaultAnswer::retry;
  };
  machine.set_r(1, data_va.raw());
  machine.set_r(4, pages);
  // One turn more or less is one that a skipped instruction of the loop itself has cost or won.
  const Stop stop = machine.run_from(code_va, true);
  CHECK((stop.reason == StopReason::svc || !remedies.fix_it_state));
  return pages - machine.r(3);
}

}  // namespace

TEST_CASE("a fill inside an IT block does not disturb the next block", "[engine][trap][it]") {
  const bool faults = GENERATE(false, true);
  CHECK(skipped({}, faults) == 0);
  CHECK(skipped({.fix_it_state = false}, faults) > 0);  // seen: all of them
}

TEST_CASE("an IT block goes on where it faulted, in the hook or after leaving the engine", "[engine][it]") {
  TestMachine machine;
  machine.load_thumb(machine.map(code_va, rx), {
                                                   0x4280,  // cmp r0, r0
                                                   0xbf01,  // itttt eq
                                                   0x3301,  // addeq r3, #1
                                                   0x680a,  // ldreq r2, [r1]
                                                   0x3301,  // addeq r3, #1
                                                   0x684d,  // ldreq r5, [r1, #4]
                                                   0x3301,  // adds r3, #1
                                                   thumb_svc_0,
                                               });
  const bool in_hook = GENERATE(true, false);
  machine.fault_handler = [&](const mmu::Fault& fault) {
    if (in_hook) machine.map(fault.va, r_only);
    return in_hook ? FaultAnswer::retry : FaultAnswer::fail;
  };
  machine.set_r(1, data_va.raw() + PAGE_SIZE - 4);  // the two loads lie on two pages
  machine.set_pc(code_va, true);
  unsigned stops = 0;
  for (Stop stop = machine.run(); stop.reason != StopReason::svc; stop = machine.run()) {
    REQUIRE(stop.reason == StopReason::fault);
    CHECK(machine.engine().pc() == code_va + (stops == 0 ? 6 : 10));
    const mmu::Psr cpsr = machine.registers().cpsr;
    CHECK((mmu::PSR::IT_HIGH.get(cpsr) != 0 || mmu::PSR::IT_LOW.get(cpsr) != 0));
    machine.map(stop.fault.va, r_only);
    ++stops;
  }
  CHECK(stops == (in_hook ? 0 : 2));
  CHECK(machine.faults == 2);
  CHECK(machine.r(3) == 3);
}
