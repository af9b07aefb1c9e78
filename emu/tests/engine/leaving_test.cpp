// Guests that are nudged out of the engine at any time and go on: every_access.S comes to the same result as without.
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <span>

#include "guest_code.h"
#include "lpaemu/emu/engine/restart_hazards.h"
#include "stop_timer.h"
#include "test_machine.h"

namespace lpaemu::emu::test {
namespace {

constexpr std::uint32_t data_pages = 2;
constexpr std::uint32_t code_pages = 3;

struct Outcome {
  std::array<std::uint32_t, 15> r{};  // all but the PC
  std::vector<std::uint32_t> memory;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

/// every_access.S, `offset` bytes behind the start of its first page.
class EveryAccess {
 public:
  EveryAccess(std::uint32_t offset, std::uint32_t rounds, const Remedies& remedies = {}) : machine_{remedies} {
    const std::vector<std::uint32_t> program = guest_code("every_access");
    const PhysAddr code = new_pages(code_va, code_pages, rx);
    data_ = new_pages(data_va, data_pages, rw);
    machine_.load(code + offset, program);
    for (std::uint32_t i = 0; i < words; ++i) machine_.word(data_ + 4 * i) = i * 0x9e3779b9U;
    machine_.set_r(0, data_va.raw());
    machine_.set_r(1, rounds);
    machine_.set_pc(code_va + offset);
  }
  /// Answers how often it was left.
  unsigned run_nudged() {
    REQUIRE(machine_.engine().enable_debugging());
    machine_.engine().set_block_hook(BlockHook::off);
    StopTimer timer{machine_.engine(), [](Engine& engine) {
                      engine.request_stop();
                      engine.nudge();
                    }};
    // On a slow machine, or with sanitizers, the time from one stop to the next is all gone before the guest runs.
    constexpr unsigned patience = 5'000;
    unsigned left = 0;
    StopReason reason = StopReason::requested;
    for (; reason == StopReason::requested; ++left) {
      if (left % patience == patience - 1) timer.slow_down();
      reason = machine_.run().reason;
    }
    CHECK(reason == StopReason::svc);
    return left - 1;
  }
  void run() { CHECK(machine_.run().reason == StopReason::svc); }

  Outcome outcome() {
    Outcome outcome;
    for (unsigned i = 0; i < outcome.r.size(); ++i) outcome.r[i] = machine_.r(i);
    for (std::uint32_t i = 0; i < words; ++i) outcome.memory.push_back(machine_.word(data_ + 4 * i));
    return outcome;
  }

 private:
  static constexpr std::uint32_t words = data_pages * PAGE_SIZE / 4;

  /// Next to each other in both address spaces.
  PhysAddr new_pages(VirtAddr va, std::uint32_t count, PageRights rights) {
    const PhysAddr first = machine_.new_page();
    for (std::uint32_t i = 1; i < count; ++i) machine_.new_page();
    for (std::uint32_t i = 0; i < count; ++i) machine_.map(va + i * PAGE_SIZE, first + i * PAGE_SIZE, rights);
    return first;
  }

  TestMachine machine_;
  PhysAddr data_;
};

}  // namespace

TEST_CASE("a guest that is left at any time and goes on comes to the same result", "[engine][trap][stop]") {
  constexpr std::uint32_t rounds = 40'000;
  EveryAccess quiet{0, rounds};
  quiet.run();
  EveryAccess nudged{0, rounds};
  const unsigned left = nudged.run_nudged();
  CAPTURE(left);
  CHECK(left > 100);
  CHECK(nudged.outcome() == quiet.outcome());
  constexpr unsigned failed_exclusives = 11;
  CHECK(nudged.outcome().r[failed_exclusives] == 0);

  EveryAccess without{0, rounds, {.watch_hazards = false}};
  INFO("with hazards left alone, after " << without.run_nudged() << " stops");
  CHECK(without.outcome() != quiet.outcome());  // else there are no hazards, and no need to watch them
}

TEST_CASE("hazards are watched from a guest's first block on", "[engine][trap][stop]") {
  TestMachine machine;
  machine.map(data_va, rw);
  machine.code(code_va, {0xe1912f9f, 0xe1813f92, svc_0});  // ldrex r2, [r1]; strex r3, r2, [r1]
  REQUIRE(machine.engine().enable_debugging());
  machine.engine().set_block_hook(BlockHook::off);
  machine.set_r(1, data_va.raw());
  CHECK(machine.run_from(code_va).reason == StopReason::svc);
  CHECK(machine.r(3) == 0);
  CHECK(machine.engine().statistics().starts == 2);  // the second one after the hazard was seen
}

TEST_CASE("a nudged guest leaves the tightest loop, and goes on", "[engine][stop]") {
  TestMachine machine;
  machine.code(code_va, {0xeafffffe});                          // b .
  machine.code(code_va + PAGE_SIZE, {0xe2800001, 0xeafffffd});  // add r0, r0, #1; b .-4
  REQUIRE(machine.engine().enable_debugging());
  machine.engine().set_block_hook(BlockHook::off);
  const StopTimer timer{machine.engine(), [](Engine& engine) {
                          engine.request_stop();
                          engine.nudge();
                        }};
  CHECK(machine.run_from(code_va).reason == StopReason::requested);
  CHECK(machine.engine().pc() == code_va);
  machine.set_pc(code_va + PAGE_SIZE);
  std::uint32_t counted = 0;
  for (unsigned i = 0; i < 1000; ++i) {
    REQUIRE(machine.run().reason == StopReason::requested);
    REQUIRE(machine.r(0) >= counted);
    counted = machine.r(0);
  }
  CHECK(counted > 0);
}

TEST_CASE("hazards at the end of a page", "[engine][trap][stop]") {
  constexpr std::uint32_t rounds = 5'000;
  const std::vector<std::uint32_t> program = guest_code("every_access");
  const auto code = std::as_bytes(std::span{program});
  unsigned found = 0;
  for (std::uint32_t at = 0; at + hazard_bytes <= code.size(); at += 2) {
    const auto hazard_as = [&](InstructionSet set) {
      return !find_restart_hazards(code.subspan(at, hazard_bytes), set).empty();
    };
    if (!hazard_as(InstructionSet::thumb) && (at % 4 != 0 || !hazard_as(InstructionSet::arm))) continue;
    ++found;
    CAPTURE(at);
    // The hazard ends the page, or it ends in the middle of the hazard.
    const std::uint32_t offset = PAGE_SIZE - at / 4 * 4 - 4;
    EveryAccess quiet{offset, rounds};
    quiet.run();
    EveryAccess nudged{offset, rounds};
    static_cast<void>(nudged.run_nudged());
    CHECK(nudged.outcome() == quiet.outcome());
  }
  CHECK(found == 12);
}

}  // namespace lpaemu::emu::test
