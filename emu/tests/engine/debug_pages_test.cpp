// Stops that the guest cannot see, single steps, watched pages.
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <vector>

#include "test_machine.h"

using namespace lpaemu::emu;
using namespace lpaemu::emu::test;

namespace {

constexpr std::uint32_t mov_r0_1 = 0xe3a00001, add_r0_r0_1 = 0xe2800001, ldr_r2_r1 = 0xe5912000, str_r0_r1 = 0xe5810000,
                        branch_to_self = 0xeafffffe;

/// A machine made ready for a debugger.
class DebuggedMachine {
 public:
  DebuggedMachine() { REQUIRE(machine_.engine().enable_debugging()); }
  TestMachine* operator->() { return &machine_; }
  DebugPages& pages() { return machine_.engine().debug_pages(); }
  Stop step(unsigned size, InstructionSet set) {
    const VirtAddr behind = machine_.engine().pc() + size;
    pages().add_stop(behind, set);
    machine_.engine().set_stepping(true);
    Stop stop = machine_.run();
    machine_.engine().set_stepping(false);
    pages().remove_stop(behind);
    return stop;
  }

 private:
  TestMachine machine_;
};

}  // namespace

TEST_CASE("a stop is exact, and goes away", "[emu][engine][debug]") {
  DebuggedMachine machine;
  machine->code(code_va, {mov_r0_1, add_r0_r0_1, add_r0_r0_1, svc_0});
  machine.pages().add_stop(code_va + 8U, InstructionSet::arm);
  CHECK(machine->run_from(code_va).reason == StopReason::stop_address);
  CHECK(machine->engine().pc() == code_va + 8U);
  CHECK(machine->r(0) == 2);
  CHECK(machine->run().reason == StopReason::stop_address);  // nothing of the instruction happens
  CHECK(machine->r(0) == 2);
  machine.pages().remove_stop(code_va + 8U);
  CHECK(machine->run().reason == StopReason::svc);
  CHECK(machine->r(0) == 3);
}

TEST_CASE("code that was translated before is stopped in too", "[emu][engine][debug]") {
  DebuggedMachine machine;
  machine->code(code_va, {mov_r0_1, add_r0_r0_1, svc_0});
  CHECK(machine->run_from(code_va).reason == StopReason::svc);
  machine.pages().add_stop(code_va + 4U, InstructionSet::arm);
  CHECK(machine->run_from(code_va).reason == StopReason::stop_address);
  machine.pages().remove_stop(code_va + 4U);
  CHECK(machine->run_from(code_va).reason == StopReason::svc);
}

TEST_CASE("a stop is of the set in which the CPU comes there", "[emu][engine][debug]") {
  DebuggedMachine machine;
  const InstructionSet guess = GENERATE(InstructionSet::arm, InstructionSet::thumb);
  CAPTURE(guess);
  SECTION("Thumb code") {
    const PhysAddr code = machine->map(code_va, rx);
    machine->load_thumb(code, {0x2001, 0x3001, 0x3001, thumb_svc_0});  // movs r0, #1; adds r0, #1; adds r0, #1
    machine.pages().add_stop(code_va + 4U, guess);
    machine->set_pc(code_va, true);
    CHECK(machine->run().reason == StopReason::stop_address);
    CHECK(machine->engine().pc() == code_va + 4U);
    CHECK(machine->r(0) == 2);
    machine->set_pc(code_va + 6U, true);  // the second half of an ARM BKPT at the stop
    CHECK(machine->run().reason == StopReason::svc);
  }
  SECTION("ARM code") {
    machine->code(code_va, {mov_r0_1, add_r0_r0_1, svc_0});
    machine.pages().add_stop(code_va + 4U, guess);
    CHECK(machine->run_from(code_va).reason == StopReason::stop_address);
    CHECK(machine->engine().pc() == code_va + 4U);
  }
  SECTION("ARM code, at half an instruction") {
    machine->code(code_va, {mov_r0_1, add_r0_r0_1, svc_0});
    machine.pages().add_stop(code_va + 6U, guess);
    CHECK(machine->run_from(code_va).reason == StopReason::svc);
    CHECK(machine->r(0) == 2);
  }
}

TEST_CASE("a stop in the middle of an instruction leaves it alone", "[emu][engine][debug]") {
  DebuggedMachine machine;
  machine->map(code_va, rx);  // so that the next two pages are neighbours
  const InstructionSet guess = GENERATE(InstructionSet::arm, InstructionSet::thumb);
  const std::uint32_t offset = GENERATE(0U, PAGE_SIZE - 2);  // all in one page; the halves in two
  CAPTURE(guess, offset);
  const VirtAddr wide = code_va + offset;
  const PhysAddr code = machine->map(code_va, rx);
  machine->map(code_va + PAGE_SIZE, machine->new_page(), rx);
  // mov.w r0, #2, of which the second half by itself is movs r2, r0; svc #0.
  machine->load_thumb(code + offset, {0xf04f, 0x0002, thumb_svc_0});
  machine.pages().add_stop(wide + 2U, guess);
  const auto go = [&](std::uint32_t behind) {
    machine->set_pc(wide + behind, true);
    return machine->run().reason;
  };
  for (unsigned round = 0; round < 2; ++round) {
    machine->set_r(0, 0);
    CHECK(go(0) == StopReason::svc);
    CHECK(machine->r(0) == 2);
    CHECK(go(2) == StopReason::stop_address);
    CHECK(machine->engine().pc() == wide + 2U);
  }
}

TEST_CASE("the guest reads its code without stops", "[emu][engine][debug]") {
  DebuggedMachine machine;
  machine->code(code_va, {ldr_r2_r1, ldr_r2_r1, svc_0, mov_r0_1});
  machine.pages().add_stop(code_va + 12U, InstructionSet::arm);
  machine->set_r(1, code_va.raw() + 12);
  CHECK(machine->run_from(code_va).reason == StopReason::svc);
  CHECK(machine->r(2) == mov_r0_1);
}

TEST_CASE("a guest's own BKPT is no stop", "[emu][engine][debug]") {
  DebuggedMachine machine;
  machine->code(code_va, {0xe1200070, svc_0});
  machine.pages().add_stop(code_va + 4U, InstructionSet::arm);
  const Stop stop = machine->run_from(code_va);
  CHECK(stop.reason == StopReason::exception);
  CHECK(stop.exception == Exception::bkpt);
}

TEST_CASE("code that changes under a stop runs in its new form", "[emu][engine][debug]") {
  DebuggedMachine machine;
  machine->map(data_va, rw);
  const PhysAddr code = machine->map(code_va, rwx);
  // str r0, [r1] writes over the third instruction.
  machine->load(code, {str_r0_r1, 0xea000000, svc_0, mov_r0_1, svc_0});
  machine.pages().add_stop(code_va + 16U, InstructionSet::arm);
  CHECK(machine->run_from(code_va + 12U).reason == StopReason::stop_address);
  machine->set_r(0, add_r0_r0_1);
  machine->set_r(1, code_va.raw() + 12);
  CHECK(machine->run_from(code_va).reason == StopReason::stop_address);
  CHECK(machine->r(0) == add_r0_r0_1 + 1);
  machine->word(code + 12) = mov_r0_1;
  machine->engine().page_modified(code.pfn());
  CHECK(machine->run_from(code_va + 12U).reason == StopReason::stop_address);
  CHECK(machine->r(0) == 1);
}

TEST_CASE("more pages with stops than shadows", "[emu][engine][debug]") {
  DebuggedMachine machine;
  constexpr unsigned count = DebugPages::shadows + 6;
  for (unsigned i = 0; i < count; ++i) {
    const VirtAddr page = code_va + i * PAGE_SIZE;
    machine->code(page, {0xe3a00000 | (i & 0xff), add_r0_r0_1});
    machine.pages().add_stop(page + 4U, InstructionSet::arm);
  }
  for (unsigned round = 0; round < 2; ++round)
    for (unsigned i = 0; i < count; ++i) {
      CHECK(machine->run_from(code_va + i * PAGE_SIZE).reason == StopReason::stop_address);
      CHECK(machine->r(0) == i);
    }
}

TEST_CASE("a block that ends in a page with stops is not executed in its old form", "[emu][engine][debug]") {
  DebuggedMachine machine;
  machine->map(code_va, rx);  // so that no page table lies between the next pages
  const PhysAddr first = machine->map(code_va, rx);
  const std::array second{machine->new_page(), machine->new_page()};
  machine->load_thumb(first + (PAGE_SIZE - 2), {0xf04f});  // mov.w r0, #1 or #2, in two pages
  machine->load_thumb(second[0], {1, thumb_svc_0, 0xbf00});
  machine->load_thumb(second[1], {2, thumb_svc_0, 0xbf00});
  machine.pages().add_stop(code_va + (PAGE_SIZE + 4), InstructionSet::thumb);
  const auto other = [](unsigned i) { return code_va + (2 + i) * PAGE_SIZE; };
  for (unsigned i = 0; i < DebugPages::shadows; ++i) {
    machine->code(other(i), {mov_r0_1});
    machine.pages().add_stop(other(i) + 4U, InstructionSet::arm);
  }
  for (unsigned round = 0; round < 4 * DebugPages::shadows; ++round) {
    CAPTURE(round);
    machine->map(code_va + PAGE_SIZE, second[round % 2], rx);
    machine->engine().tlbimva(code_va + PAGE_SIZE);
    machine->set_pc(code_va + (PAGE_SIZE - 2), true);
    REQUIRE(machine->run().reason == StopReason::svc);
    REQUIRE(machine->r(0) == round % 2 + 1);
    REQUIRE(machine->run_from(other(round % DebugPages::shadows)).reason == StopReason::stop_address);
  }
}

TEST_CASE("a step is one instruction", "[emu][engine][debug]") {
  DebuggedMachine machine;
  SECTION("in a row") {
    machine->code(code_va, {mov_r0_1, add_r0_r0_1, svc_0});
    machine->set_pc(code_va);
    static_cast<void>(machine.step(4, InstructionSet::arm));
    CHECK(machine->engine().pc() == code_va + 4U);
    CHECK(machine->r(0) == 1);
  }
  SECTION("that branches to itself") {
    machine->code(code_va, {branch_to_self});
    machine->set_pc(code_va);
    CHECK(machine.step(4, InstructionSet::arm).reason == StopReason::stepped);
    CHECK(machine->engine().pc() == code_va);
  }
  SECTION("in each place of an IT block") {
    const PhysAddr code = machine->map(code_va, rx);
    // cmp r0, #0; itete eq; moveq r1, #1; movne r1, #2; addeq r1, #4; addne r1, #8; nop
    machine->load_thumb(code, {0x2800, 0xbf0b, 0x2101, 0x2102, 0x3104, 0x3108, 0xbf00, thumb_svc_0});
    const bool equal = GENERATE(false, true);
    machine->set_r(0, equal ? 0 : 1);
    machine->set_pc(code_va, true);
    for (unsigned i = 1; i <= 6; ++i) {
      static_cast<void>(machine.step(2, InstructionSet::thumb));
      CHECK(machine->engine().pc() == code_va + i * 2);
    }
    CHECK(machine->r(1) == (equal ? 5 : 10));
  }
}

TEST_CASE("a watched page refuses what is watched, and only that", "[emu][engine][debug]") {
  DebuggedMachine machine;
  const PhysAddr data = machine->map(data_va, rw);
  machine->word(data) = 5;
  machine->code(code_va, {ldr_r2_r1, str_r0_r1, svc_0});
  machine->set_r(0, 7);
  machine->set_r(1, data_va.raw());
  CHECK(machine->run_from(code_va).reason == StopReason::svc);  // entries with every right are there
  machine.pages().refuse(data_va, Rights{Rights::write});
  machine->word(data) = 5;
  const Stop stop = machine->run_from(code_va);
  CHECK(stop.reason == StopReason::watched);
  CHECK(stop.fault.va == data_va);
  CHECK(machine->engine().pc() == code_va + 4U);
  CHECK(machine->r(2) == 5);
  CHECK(machine->word(data) == 5);
  machine.pages().set_refusing(false);
  CHECK(machine->run().reason == StopReason::svc);
  CHECK(machine->word(data) == 7);
  machine.pages().set_refusing(true);
  CHECK(machine->run_from(code_va).reason == StopReason::watched);
  machine.pages().refuse(data_va, Rights{});
  CHECK(machine->run_from(code_va).reason == StopReason::svc);
}

TEST_CASE("a fault of the guest's own comes before the watch", "[emu][engine][debug]") {
  DebuggedMachine machine;
  machine->map(data_va, r_only);
  machine->code(code_va, {str_r0_r1});
  machine->set_r(1, data_va.raw());
  machine.pages().refuse(data_va, Rights{Rights::write});
  CHECK(machine->run_from(code_va).reason == StopReason::fault);
}

TEST_CASE("the block hook goes when nobody steps, and comes back with a step", "[emu][engine][debug]") {
  constexpr std::uint32_t rounds = 3'000'000;
  DebuggedMachine machine;
  machine->code(code_va, {0xe2522001, 0x1afffffd, svc_0, mov_r0_1, svc_0});  // subs r2, r2, #1; bne .-4
  machine->set_r(2, rounds);
  CHECK(machine->run_from(code_va).reason == StopReason::svc);
  CHECK(machine->r(2) == 0);
  const std::uint64_t counted = machine->engine().statistics().blocks;
  CHECK(counted > 0);
  CHECK(counted < rounds / 2);
  machine->set_pc(code_va + 12U);
  CHECK(machine.step(4, InstructionSet::arm).reason == StopReason::stop_address);
  CHECK(machine->r(0) == 1);
  CHECK(machine->engine().statistics().blocks == counted + 1);
}
