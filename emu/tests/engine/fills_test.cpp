// What the fill hook is asked and what it grants: page size, the size of the soft TLB, rights, accesses across pages.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "test_machine.h"

using namespace lpaemu::emu;
using namespace lpaemu::emu::test;
namespace mmu = lpaemu::mmu;

namespace {

constexpr std::size_t reads = static_cast<std::size_t>(Access::read);
constexpr std::size_t writes = static_cast<std::size_t>(Access::write);

/// r1 = first address, r2 = how many, r3 = stride, r4 = turns: loads from each address.
void load_sweep(TestMachine& machine, VirtAddr first, std::uint32_t count, std::uint32_t stride, std::uint32_t turns) {
  machine.code(code_va, {
                            0xe1a05001,  // turn: mov r5, r1
                            0xe1a06002,  // mov r6, r2
                            0xe5950000,  // loop: ldr r0, [r5]
                            0xe0855003,  // add r5, r5, r3
                            0xe2566001,  // subs r6, r6, #1
                            0x1afffffb,  // bne loop
                            0xe2544001,  // subs r4, r4, #1
                            0x1afffff7,  // bne turn
                            svc_0,
                        });
  machine.set_r(1, first.raw());
  machine.set_r(2, count);
  machine.set_r(3, stride);
  machine.set_r(4, turns);
  REQUIRE(machine.run_from(code_va).reason == StopReason::svc);
}

}  // namespace

TEST_CASE("the engine asks once a 4 KiB page", "[engine][trap][page-size]") {
  const auto fills = [](const Remedies& remedies) {
    TestMachine machine{remedies};
    for (unsigned i = 0; i < 16; ++i) machine.map(data_va + i * PAGE_SIZE, r_only);
    load_sweep(machine, data_va, 16 * 16, PAGE_SIZE / 16, 1);
    return machine.engine().statistics().fills[reads];
  };
  CHECK(fills({}) == 16);
  CHECK(fills({.page_4k = false}) == 16 * 4);
}

TEST_CASE("the soft TLB grows until it holds what is used", "[engine][trap][tlb-size]") {
  constexpr unsigned pages = 2000;
  constexpr unsigned turns = 40;
  const auto fills = [](const Remedies& remedies) {
    TestMachine machine{remedies};
    for (unsigned i = 0; i < pages; ++i) machine.map(data_va + i * PAGE_SIZE, r_only);
    load_sweep(machine, data_va, pages, PAGE_SIZE, turns);
    return machine.engine().statistics().fills[reads];
  };
  const auto with = fills({});
  const auto without = fills({.grow_tlb = false});
  INFO("fills for " << pages << " pages, " << turns << " turns: " << with << ", without growth " << without);
  CHECK(with < 12 * pages);
  CHECK(without == turns * pages);
}

TEST_CASE("neither a small program nor a single sweep pays for growth", "[engine][tlb-size]") {
  const bool small = GENERATE(true, false);
  TestMachine machine;
  const unsigned pages = small ? 200 : 3000;
  for (unsigned i = 0; i < pages; ++i) machine.map(data_va + i * PAGE_SIZE, r_only);
  load_sweep(machine, data_va, pages, PAGE_SIZE, small ? 100 : 1);
  CHECK(machine.engine().statistics().tlb_growths == 0);
  CHECK(machine.engine().statistics().fills[reads] == pages);
}

// Every combination of the bits that decide, every access, after every access that may have made an entry before.
TEST_CASE("exactly what the descriptor grants is granted", "[engine][permissions][armv7-B3.7.1]") {
  const bool write = GENERATE(false, true);
  const bool execute = GENERATE(false, true);
  const bool user = GENERATE(false, true);
  const bool accessed = GENERATE(false, true);
  CAPTURE(write, execute, user, accessed);
  TestMachine machine;
  const PhysAddr page = machine.map(data_va, {write, execute, accessed, user});
  machine.word(page) = bx_lr;
  machine.code(code_va, {0xe5910000, svc_0});                  // ldr r0, [r1]
  machine.code(code_va + PAGE_SIZE, {0xe5812000, svc_0});      // str r2, [r1]
  machine.code(code_va + 2 * PAGE_SIZE, {0xe12fff31, svc_0});  // blx r1
  const auto granted = [&](Access access) {
    if (!accessed || !user) return false;
    return access == Access::read || (access == Access::write ? write : execute);
  };
  constexpr std::array accesses{Access::read, Access::write, Access::execute};
  for (const Access before : accesses) {
    for (const Access access : accesses) {
      machine.engine().flush_tlb();
      for (const Access a : {before, access}) {
        machine.set_r(1, data_va.raw());
        machine.set_r(2, bx_lr);
        const Stop stop = machine.run_from(code_va + static_cast<std::uint32_t>(a) * PAGE_SIZE);
        CAPTURE(static_cast<int>(before), static_cast<int>(a));
        REQUIRE((stop.reason == StopReason::svc) == granted(a));
        if (granted(a)) continue;
        CHECK(stop.fault.kind == (accessed ? mmu::FaultKind::permission : mmu::FaultKind::access_flag));
        CHECK(stop.fault.access == a);
      }
    }
  }
}

TEST_CASE("an entry loses its rights by TLBIMVA and by a flush, and gains them without", "[engine][tlb]") {
  TestMachine machine;
  const PhysAddr page = machine.map(data_va, rw);
  machine.code(code_va, {0xe5812000, svc_0});  // str r2, [r1]
  machine.set_r(1, data_va.raw());
  REQUIRE(machine.run_from(code_va).reason == StopReason::svc);
  machine.map(data_va, page, r_only);
  CHECK(machine.run_from(code_va).reason == StopReason::svc);  // the entry is still there
  if (GENERATE(false, true)) {
    machine.engine().tlbimva(data_va + 8);
  } else {
    machine.engine().flush_tlb();
  }
  CHECK(machine.run_from(code_va).reason == StopReason::fault);
  machine.map(data_va, page, rw);
  CHECK(machine.run_from(code_va).reason == StopReason::svc);
}

TEST_CASE("a store after a load needs one fill once the page was written", "[engine][fills]") {
  TestMachine machine;
  machine.map(data_va, rw);
  machine.code(code_va, {0xe5910000, 0xe5810000, svc_0});  // ldr r0, [r1]; str r0, [r1]
  machine.set_r(1, data_va.raw());
  const auto& fills = machine.engine().statistics().fills;
  REQUIRE(machine.run_from(code_va).reason == StopReason::svc);
  CHECK(fills[reads] == 1);
  CHECK(fills[writes] == 1);
  machine.engine().flush_tlb();
  REQUIRE(machine.run_from(code_va).reason == StopReason::svc);
  CHECK(fills[reads] == 2);
  CHECK(fills[writes] == 1);
}

TEST_CASE("an access across pages faults on the page that is missing and stores nothing", "[engine][crossing]") {
  struct Row {
    std::uint32_t instruction;
    std::uint32_t before_edge;  // bytes on the first page
    bool store;
  };
  const auto row = GENERATE(values<Row>({
      {0xe5812000, 1, true},  // str r2, [r1]
      {0xe5812000, 3, true},
      {0xe1c120b0, 1, true},   // strh r2, [r1]
      {0xed810b00, 4, true},   // vstr d0, [r1]
      {0xf401070f, 3, true},   // vst1.8 {d0}, [r1]
      {0xe5910000, 2, false},  // ldr r0, [r1]
      {0xe1d100b0, 1, false},  // ldrh r0, [r1]
      {0xed910b00, 4, false},  // vldr d0, [r1]
  }));
  const bool second_missing = GENERATE(true, false);
  const bool in_hook = GENERATE(true, false);
  CAPTURE(row.instruction, row.before_edge, second_missing, in_hook);
  TestMachine machine;
  const VirtAddr edge = data_va + PAGE_SIZE;
  const VirtAddr missing = second_missing ? edge : data_va;
  const PhysAddr there = machine.map(second_missing ? data_va : edge, rw);
  const PhysAddr to_come = machine.new_page();
  const PhysAddr first = second_missing ? there : to_come;
  const PhysAddr second = second_missing ? to_come : there;
  machine.fault_handler = [&](const mmu::Fault& fault) {
    CHECK(fault.va == missing);
    CHECK(machine.word(first + (PAGE_SIZE - 4)) == 0);
    CHECK(machine.word(second) == 0);
    if (!in_hook) return FaultAnswer::fail;
    machine.map(fault.va, to_come, rw);
    return FaultAnswer::retry;
  };
  machine.code(code_va, {row.instruction, svc_0});
  machine.set_r(1, edge.raw() - row.before_edge);
  machine.set_r(2, 0x44332211);
  machine.set_pc(code_va);
  if (!in_hook) {
    const Stop stop = machine.run();
    REQUIRE(stop.reason == StopReason::fault);
    CHECK(stop.fault.va == missing);
    CHECK(machine.engine().pc() == code_va);
    CHECK(machine.word(first + (PAGE_SIZE - 4)) == 0);
    CHECK(machine.word(second) == 0);
    machine.map(missing, to_come, rw);
  }
  REQUIRE(machine.run().reason == StopReason::svc);
  CHECK(machine.faults == 1);
  if (row.instruction == 0xe5812000) {
    const std::uint64_t edge_bytes = machine.word(first + (PAGE_SIZE - 4)) | std::uint64_t{machine.word(second)} << 32;
    CHECK(edge_bytes == std::uint64_t{0x44332211} << (8 * (4 - row.before_edge)));
  }
}

TEST_CASE("LDM with its base in the list and STM across pages start again after a fault", "[engine][crossing]") {
  TestMachine machine;
  const VirtAddr edge = data_va + PAGE_SIZE;
  const PhysAddr first = machine.map(data_va, rw);
  const PhysAddr second = machine.new_page();
  const bool in_hook = GENERATE(true, false);
  machine.fault_handler = [&](const mmu::Fault& fault) {
    if (in_hook) machine.map(fault.va, second, rw);
    return in_hook ? FaultAnswer::retry : FaultAnswer::fail;
  };
  machine.code(code_va, {
                            0xe88100fc,  // stm r1, {r2-r7}
                            0xe89100ff,  // ldm r1, {r0-r7}
                            svc_0,
                        });
  for (unsigned i = 2; i < 8; ++i) machine.set_r(i, 0x100 + i);
  machine.set_r(1, edge.raw() - 12);
  machine.set_pc(code_va);
  if (!in_hook) {
    const Stop stop = machine.run();
    REQUIRE(stop.reason == StopReason::fault);
    CHECK(stop.fault.va == edge);
    CHECK(machine.engine().pc() == code_va);
    CHECK(machine.r(1) == edge.raw() - 12);
    machine.map(edge, second, rw);
  }
  REQUIRE(machine.run().reason == StopReason::svc);
  CHECK(machine.word(first + (PAGE_SIZE - 12)) == 0x102);
  CHECK(machine.word(second + 8) == 0x107);
  CHECK(machine.r(0) == 0x102);
  CHECK(machine.r(1) == 0x103);
  CHECK(machine.r(5) == 0x107);
}

TEST_CASE("a Thumb-2 instruction across pages faults on its second page", "[engine][crossing][thumb]") {
  TestMachine machine;
  const PhysAddr first = machine.map(code_va, rx);
  machine.load_thumb(first + (PAGE_SIZE - 2), {0xf103});  // add.w r3, r3, #1, first half
  const Stop stop = machine.run_from(code_va + (PAGE_SIZE - 2), true);
  REQUIRE(stop.reason == StopReason::fault);
  CHECK(stop.fault.va == code_va + PAGE_SIZE);
  CHECK(stop.fault.access == Access::execute);
  CHECK(machine.engine().pc() == code_va + (PAGE_SIZE - 2));
  machine.load_thumb(machine.map(code_va + PAGE_SIZE, rx), {0x0301, thumb_svc_0});
  REQUIRE(machine.run().reason == StopReason::svc);
  CHECK(machine.r(3) == 1);
}
