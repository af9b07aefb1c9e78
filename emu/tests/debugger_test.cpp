// The debugger's core, driven by a scripted face over a few instructions: each kind of stop, what points count and
// pass, and which stop a condition belongs to.
#include "lpaemu/emu/debugger/debugger.h"

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <string_view>

#include "lpaemu/emu/debugger/what_if.h"
#include "lpaemu/emu/host/posix_host.h"
#include "tiny_program.h"

namespace lpaemu::emu {
namespace {

using kernel::EventKind;
using kernel::Verdict;

constexpr std::uint32_t getpid = 20, mprotect = 125, exit_call = 1;

/// Two system calls, a first store to a page and the like, a loop, an mprotect of that page, exit with 7.
constexpr std::array code{
    0xe3a07014U,  //  0 mov r7, #20
    0xef000000U,  //  1 svc #0
    0xef000000U,  //  2 svc #0
    0xe24d5a02U,  //  3 sub r5, sp, #0x2000
    0xe5850000U,  //  4 str r0, [r5]
    0xe5951000U,  //  5 ldr r1, [r5]
    0xe5857000U,  //  6 str r7, [r5]
    0xe3a04003U,  //  7 mov r4, #3
    0xe2544001U,  //  8 subs r4, r4, #1
    0x1afffffdU,  //  9 bne 8
    0xe1a00625U,  // 10 lsr r0, r5, #12
    0xe1a00600U,  // 11 lsl r0, r0, #12
    0xe3a01a01U,  // 12 mov r1, #0x1000
    0xe3a02001U,  // 13 mov r2, #1
    0xe3a0707dU,  // 14 mov r7, #125
    0xef000000U,  // 15 svc #0
    0xe3a07001U,  // 16 mov r7, #1
    0xe3a00007U,  // 17 mov r0, #7
    0xef000000U,  // 18 svc #0
};
constexpr VirtAddr at(unsigned instruction) { return VirtAddr{tests::tiny_entry + 4 * instruction}; }
constexpr unsigned first_svc = 1, second_svc = 2, first_store = 4, load = 5, second_store = 6, loop = 8,
                   behind_loop = 10, protect = 15, exit_svc = 18;

/// Answers each stop with the next answer, and lets the guest go on when there are none left.
class Script final : public Face {
 public:
  using Answer = std::function<Resume(const StopEvent& event)>;

  explicit Script(std::deque<Answer> answers) : answers_{std::move(answers)} {}
  [[nodiscard]] Resume on_stop(const StopEvent& event) override {
    stops.push_back(event);
    if (answers_.empty()) return {};
    const Answer answer = std::move(answers_.front());
    answers_.pop_front();
    return answer(event);
  }

  std::vector<StopEvent> stops;

 private:
  std::deque<Answer> answers_;
};

Script::Answer answers(ResumeKind kind) {
  return [kind](const StopEvent&) { return Resume{.kind = kind}; };
}
const auto go_on = answers(ResumeKind::proceed), step = answers(ResumeKind::step), phase = answers(ResumeKind::phase);

/// A guest that stands before its first instruction, under a debugger.
class Guest {
 public:
  explicit Guest(std::span<const std::uint32_t> program = code) : machine_{tests::tiny_machine(host_, program, true)} {
    auto attached = Debugger::attach(*machine_, [this] { host_.clear_interrupt(); });
    REQUIRE(attached);
    debugger_ = std::move(*attached);
  }

  [[nodiscard]] Debugger& debugger() { return *debugger_; }
  Point& add(Point point) { return debugger_->points().add(std::move(point)); }
  Point& add_breakpoint(unsigned instruction) {
    return add({.kind = PointKind::breakpoint, .range = {at(instruction), at(instruction) + 1U}});
  }
  /// The word that the program stores to.
  [[nodiscard]] VirtAddr word() { return debugger_->registers().sp() - 0x2000U; }
  Point& add_watch(WatchKind kind) {
    return add({.kind = PointKind::watch, .range = {word(), word() + 4U}, .watch = kind});
  }

  std::vector<StopEvent> run(std::deque<Script::Answer> answers, DebugEnd end = DebugEnd::exited) {
    Script script{std::move(answers)};
    CHECK(debugger_->run(script) == end);
    return std::move(script.stops);
  }

 private:
  PosixHost host_;
  std::unique_ptr<UserMachine> machine_;
  std::unique_ptr<Debugger> debugger_;
};

std::vector<StopKind> kinds(const std::vector<StopEvent>& stops) {
  std::vector<StopKind> all;
  all.reserve(stops.size());
  for (const StopEvent& stop : stops) all.push_back(stop.kind);
  return all;
}

CompiledExpression condition(std::string_view text) {
  auto compiled = CompiledExpression::compile(text, [](std::string_view) { return std::nullopt; });
  REQUIRE(compiled);
  return *compiled;
}

using Numbers = std::vector<int>;

}  // namespace

TEST_CASE("a guest without points stops at its start and its end", "[debugger][core]") {
  Guest guest;
  const auto stops = guest.run({});
  CHECK(kinds(stops) == std::vector{StopKind::started, StopKind::exited});
  CHECK(guest.debugger().machine().kernel().exit_report().status == 7);
  CHECK(stops.front().pid == stops.front().tid);
}

TEST_CASE("steps execute one instruction each, a system call is one", "[debugger][core]") {
  Guest guest;
  std::vector<VirtAddr> places;
  const auto stepping = [&](const StopEvent&) {
    places.push_back(guest.debugger().registers().pc());
    return Resume{.kind = places.size() == 5 ? ResumeKind::kill : ResumeKind::step};
  };
  const auto stops = guest.run({stepping, stepping, stepping, stepping, stepping}, DebugEnd::killed);
  CHECK(places == std::vector{at(0), at(1), at(2), at(3), at(4)});
  CHECK(stops.back().kind == StopKind::stepped);
}

TEST_CASE("a repeated step stops once, at its end or at a point", "[debugger][core]") {
  Guest guest;
  const auto steps_nine = [&](const StopEvent&) {
    guest.debugger().repeat_step(8);
    return Resume{.kind = ResumeKind::step};
  };
  SECTION("its end") {
    guest.run({steps_nine,
               [&](const StopEvent& event) {
                 CHECK(event.kind == StopKind::stepped);
                 CHECK(guest.debugger().registers().pc() == at(9));
                 return Resume{.kind = ResumeKind::kill};
               }},
              DebugEnd::killed);
  }
  SECTION("a breakpoint") {
    guest.add_breakpoint(load);
    guest.run({steps_nine,
               [&](const StopEvent& event) {
                 CHECK(event.kind == StopKind::breakpoint);
                 CHECK(guest.debugger().registers().pc() == at(load));
                 return Resume{.kind = ResumeKind::kill};
               }},
              DebugEnd::killed);
  }
}

TEST_CASE("a breakpoint stops before its instruction, each time", "[debugger][core]") {
  Guest guest;
  const Point& point = guest.add_breakpoint(loop);
  std::vector<std::uint32_t> counts;
  const auto look = [&](const StopEvent& event) {
    CHECK(event.kind == StopKind::breakpoint);
    CHECK(event.points == Numbers{1});
    counts.push_back(guest.debugger().registers().r[4]);
    return Resume{};
  };
  const auto stops = guest.run({go_on, look, look, look});
  CHECK(counts == std::vector<std::uint32_t>{3, 2, 1});
  CHECK(stops.size() == 5);
  CHECK(point.hits == 3);
}

TEST_CASE("ignored hits are counted and pass; a temporary point stops once; a disabled one never", "[debugger][core]") {
  Guest guest;
  SECTION("ignored") {
    Point& point = guest.add_breakpoint(loop);
    point.ignore = 2;
    const auto stops = guest.run({go_on, [&](const StopEvent&) {
                                    CHECK(guest.debugger().registers().r[4] == 1);
                                    return Resume{};
                                  }});
    CHECK(kinds(stops) == std::vector{StopKind::started, StopKind::breakpoint, StopKind::exited});
    CHECK(point.hits == 3);
    CHECK(point.ignore == 0);
  }
  SECTION("temporary") {
    guest.add_breakpoint(loop).temporary = true;
    CHECK(kinds(guest.run({})) == std::vector{StopKind::started, StopKind::breakpoint, StopKind::exited});
    CHECK(guest.debugger().points().all().empty());
  }
  SECTION("temporary and ignored: gone after its first stop") {
    Point& point = guest.add_breakpoint(loop);
    point.temporary = true;
    point.ignore = 1;
    CHECK(kinds(guest.run({})) == std::vector{StopKind::started, StopKind::breakpoint, StopKind::exited});
    CHECK(guest.debugger().points().all().empty());
  }
  SECTION("disabled") {
    Point& point = guest.add_breakpoint(loop);
    point.enabled = false;
    CHECK(kinds(guest.run({})) == std::vector{StopKind::started, StopKind::exited});
    CHECK(point.hits == 0);
  }
}

TEST_CASE("a condition decides which hits there are", "[debugger][core]") {
  Guest guest;
  Point& point = guest.add_breakpoint(loop);
  SECTION("true once") {
    point.condition = condition("$r4 == 2");
    guest.run({go_on, [&](const StopEvent&) {
                 CHECK(guest.debugger().registers().r[4] == 2);
                 return Resume{};
               }});
    CHECK(point.hits == 1);
  }
  SECTION("with an ignore count: of the hits that it lets through") {
    point.condition = condition("$r4 != 3");
    point.ignore = 1;
    const auto stops = guest.run({go_on, [&](const StopEvent&) {
                                    CHECK(guest.debugger().registers().r[4] == 1);
                                    return Resume{};
                                  }});
    CHECK(stops.size() == 3);
    CHECK(point.hits == 2);
  }
}

TEST_CASE("a condition that cannot be evaluated is told at its own stop only", "[debugger][core]") {
  Guest guest;
  SECTION("it stops the guest") {
    guest.add_breakpoint(loop).condition = condition("*0");
    const auto stops = guest.run({});
    REQUIRE(stops[1].condition_failures.size() == 1);
    CHECK(stops[1].condition_failures.front().point == 1);
    CHECK(stops[1].condition_failures.front().why == "cannot read memory at 0x00000000");
    CHECK(stops.back().condition_failures.empty());
  }
  SECTION("one that is to be ignored fails at nobody else's stop") {
    Point& ignored = guest.add_breakpoint(loop);
    ignored.condition = condition("*0");
    ignored.ignore = 3;
    guest.add_breakpoint(behind_loop);
    const auto stops = guest.run({});
    REQUIRE(kinds(stops) == std::vector{StopKind::started, StopKind::breakpoint, StopKind::exited});
    CHECK(stops[1].points == Numbers{2});
    CHECK(stops[1].condition_failures.empty());
  }
  SECTION("one that has failed, was passed, and is true now") {
    Point& point = guest.add_breakpoint(loop);
    point.condition = condition("1 / (3 - $r4)");
    point.ignore = 1;
    const auto stops = guest.run({});
    REQUIRE(stops[1].kind == StopKind::breakpoint);
    CHECK(stops[1].condition_failures.empty());
  }
  SECTION("two at one stop") {
    guest.add_breakpoint(loop).condition = condition("*0");
    guest.add_breakpoint(loop).condition = condition("1 / 0");
    const auto stops = guest.run({});
    CHECK(stops[1].points == Numbers{1, 2});
    REQUIRE(stops[1].condition_failures.size() == 2);
    CHECK(stops[1].condition_failures[0].point == 1);
    CHECK(stops[1].condition_failures[1].why == "a division by 0");
  }
}

TEST_CASE("a caught system call stops before and after it", "[debugger][core]") {
  Guest guest;
  guest.add({.kind = PointKind::syscall, .syscall = getpid});
  const auto at_entry = [&](const StopEvent& event) {
    CHECK(event.syscall == getpid);
    CHECK(event.points == Numbers{1});
    return Resume{};
  };
  const auto at_return = [&](const StopEvent& event) {
    CHECK(event.points == Numbers{1});
    CHECK(event.result == static_cast<std::uint32_t>(event.pid));
    CHECK(guest.debugger().registers().r[0] == event.result);
    return Resume{};
  };
  const auto stops = guest.run({go_on, at_entry, at_return, at_entry, at_return});
  CHECK(kinds(stops) == std::vector{StopKind::started, StopKind::syscall_entry, StopKind::syscall_return,
                                    StopKind::syscall_entry, StopKind::syscall_return, StopKind::exited});
}

TEST_CASE("the return of a system call belongs to the hit at its entry", "[debugger][core]") {
  Guest guest;
  Point& point = guest.add({.kind = PointKind::syscall, .syscall = getpid});
  SECTION("an ignored entry has no return") {
    point.ignore = 1;
    const auto stops = guest.run({go_on, [&](const StopEvent&) {
                                    CHECK(guest.debugger().registers().pc() == at(second_svc + 1));
                                    return Resume{};
                                  }});
    CHECK(kinds(stops) ==
          std::vector{StopKind::started, StopKind::syscall_entry, StopKind::syscall_return, StopKind::exited});
    CHECK(point.hits == 2);
  }
  SECTION("the condition is judged at the entry") {
    point.condition = condition("$r0 == 0");  // not so at the return, nor at the second call
    const auto stops = guest.run({});
    CHECK(kinds(stops) ==
          std::vector{StopKind::started, StopKind::syscall_entry, StopKind::syscall_return, StopKind::exited});
    CHECK(point.hits == 1);
  }
  SECTION("a condition that is true at the return only catches nothing there") {
    point.condition = condition("$r0 != 0 && $pc == 0x1005c");
    CHECK(kinds(guest.run({})) == std::vector{StopKind::started, StopKind::exited});
  }
  SECTION("a temporary one is gone with the entry") {
    point.temporary = true;
    CHECK(kinds(guest.run({})) == std::vector{StopKind::started, StopKind::syscall_entry, StopKind::exited});
  }
  SECTION("the return names those of the entry that are there") {
    guest.add({.kind = PointKind::syscall});
    const auto stops = guest.run({go_on,
                                  [&](const StopEvent& event) {
                                    CHECK(event.points == Numbers{1, 2});
                                    guest.debugger().points().remove(1);
                                    return Resume{};
                                  },
                                  [](const StopEvent& event) {
                                    CHECK(event.kind == StopKind::syscall_return);
                                    CHECK(event.points == Numbers{2});
                                    return Resume{.kind = ResumeKind::kill};
                                  }},
                                 DebugEnd::killed);
  }
}

TEST_CASE("watchpoints stop behind the access, with the value before and after", "[debugger][core]") {
  Guest guest;
  SECTION("stores") {
    guest.add_watch(WatchKind::write);
    const auto stops = guest.run({go_on, [&](const StopEvent& event) {
                                    CHECK(guest.debugger().registers().pc() == at(first_store + 1));
                                    CHECK(event.watch->pc == at(first_store));
                                    CHECK(event.watch->access.access == mmu::Access::write);
                                    CHECK(event.watch->before == std::vector(4, std::byte{0}));
                                    CHECK(event.watch->after == std::vector{std::byte{1}, {}, {}, {}});
                                    return Resume{};
                                  }});
    CHECK(kinds(stops) == std::vector{StopKind::started, StopKind::watchpoint, StopKind::watchpoint, StopKind::exited});
  }
  SECTION("loads") {
    guest.add_watch(WatchKind::read);
    const auto stops = guest.run({});
    REQUIRE(kinds(stops) == std::vector{StopKind::started, StopKind::watchpoint, StopKind::exited});
    CHECK(stops[1].watch->pc == at(load));
    CHECK(stops[1].watch->before == stops[1].watch->after);
  }
  SECTION("both") {
    guest.add_watch(WatchKind::access);
    CHECK(guest.run({}).size() == 5);
  }
  SECTION("the second hit, if it is a 20") {
    Point& point = guest.add_watch(WatchKind::write);
    point.condition = condition("*$r5 == 20");
    const auto stops = guest.run({});
    REQUIRE(kinds(stops) == std::vector{StopKind::started, StopKind::watchpoint, StopKind::exited});
    CHECK(stops[1].watch->pc == at(second_store));
    CHECK(point.hits == 1);
  }
}

TEST_CASE("a fault is stopped at each of its phases", "[debugger][core]") {
  Guest guest;
  guest.add({.kind = PointKind::fault, .faults = {.kind = "first-touch", .access = mmu::Access::write}});
  std::vector<EventKind> phases;
  Script::Answer next = [&](const StopEvent& event) {
    CHECK(event.kind == StopKind::fault);
    CHECK(guest.debugger().current_fault().verdict == Verdict::first_touch);
    phases.push_back(event.phase->kind);
    return Resume{.kind = ResumeKind::phase};
  };
  const auto stops = guest.run({go_on, next, next, next, next, next, [&](const StopEvent& event) {
                                  CHECK(event.kind == StopKind::stepped);
                                  CHECK(guest.debugger().registers().pc() == at(first_store + 1));
                                  return Resume{};
                                }});
  CHECK(phases == std::vector{EventKind::FaultRaised, EventKind::VmaFound, EventKind::Decided, EventKind::PteWritten,
                              EventKind::Returned});
  CHECK(stops[1].points == Numbers{1});
  CHECK(stops[2].points.empty());
}

TEST_CASE("finish-fault stops at the return, a step behind the instruction, going on nowhere", "[debugger][core]") {
  Guest guest;
  guest.add({.kind = PointKind::fault, .faults = {.kind = "first-touch", .access = mmu::Access::write}});
  SECTION("finish-fault") {
    const auto stops = guest.run({go_on, answers(ResumeKind::finish_fault)});
    REQUIRE(kinds(stops) == std::vector{StopKind::started, StopKind::fault, StopKind::fault, StopKind::exited});
    CHECK(stops[2].phase->kind == EventKind::Returned);
  }
  SECTION("step") {
    CHECK(kinds(guest.run({go_on, step})) ==
          std::vector{StopKind::started, StopKind::fault, StopKind::stepped, StopKind::exited});
  }
  SECTION("go on") { CHECK(kinds(guest.run({})) == std::vector{StopKind::started, StopKind::fault, StopKind::exited}); }
  SECTION("kill") { guest.run({go_on, answers(ResumeKind::kill)}, DebugEnd::killed); }
  SECTION("detach, then the guest runs without the debugger") {
    guest.run({go_on, answers(ResumeKind::detach)}, DebugEnd::detached);
    CHECK(guest.debugger().machine().run() == RunEnd::exited);
  }
}

TEST_CASE("a PTE that a system call changes stops behind it", "[debugger][core]") {
  Guest guest;
  const VirtAddr page = guest.word().page();
  guest.add_breakpoint(loop).temporary = true;
  const auto stops = guest.run({go_on, [&](const StopEvent&) {
                                  guest.add({.kind = PointKind::pte, .range = {page, page + mmu::PAGE_SIZE}});
                                  return Resume{};
                                }});
  REQUIRE(kinds(stops) == std::vector{StopKind::started, StopKind::breakpoint, StopKind::pte_change, StopKind::exited});
  CHECK(stops[2].pte->page == page);
  CHECK(stops[2].pte->syscall == mprotect);
  CHECK(mmu::pte_write(stops[2].pte->before));
  CHECK_FALSE(mmu::pte_write(stops[2].pte->after));
}

TEST_CASE("an injected access is handled like the guest's, and no instruction runs", "[debugger][core]") {
  Guest guest;
  const auto inject = [&](const StopEvent&) {
    const auto fault = fault_of_access(guest.debugger().mm(), guest.word(), mmu::Access::write);
    REQUIRE(fault);
    guest.debugger().inject(*fault);
    return Resume{.kind = ResumeKind::phase};
  };
  const auto stops = guest.run({inject, answers(ResumeKind::finish_fault), phase, [&](const StopEvent& event) {
                                  CHECK(event.kind == StopKind::injected);
                                  CHECK(guest.debugger().registers().pc() == at(0));
                                  CHECK(mmu::pte_soft_dirty(guest.debugger().mm().pte_at(guest.word())));
                                  return Resume{};
                                }});
  CHECK(kinds(stops) ==
        std::vector{StopKind::started, StopKind::fault, StopKind::fault, StopKind::injected, StopKind::exited});
}

TEST_CASE("the end can be stopped at before it comes", "[debugger][core]") {
  Guest guest;
  guest.add({.kind = PointKind::exit});
  const auto stops = guest.run({});
  REQUIRE(kinds(stops) == std::vector{StopKind::started, StopKind::exiting, StopKind::exited});
  CHECK(stops[1].syscall == exit_call);
  CHECK(stops[1].result == 7);
}

TEST_CASE("killed at the entry of a system call, the guest stands on it again", "[debugger][core]") {
  Guest guest;
  guest.add({.kind = PointKind::syscall});
  guest.run({go_on, answers(ResumeKind::kill)}, DebugEnd::killed);
  CHECK(guest.debugger().registers().pc() == at(first_svc));
}

TEST_CASE("a signal stops before it takes effect, and can be dropped", "[debugger][core]") {
  constexpr std::array store_to_0{0xe3a01000U, 0xe5810000U, 0xe3a07001U, 0xe3a00007U, 0xef000000U};  // and exit with 7
  Guest guest{store_to_0};
  SECTION("it kills") {
    const auto stops = guest.run({});
    REQUIRE(kinds(stops) == std::vector{StopKind::started, StopKind::signal, StopKind::exited});
    CHECK(stops[1].signal->signo == kernel::sigsegv);
    CHECK(guest.debugger().machine().kernel().exit_report().killed);
  }
  SECTION("it is dropped, and the guest is led past the instruction") {
    const auto stops = guest.run({go_on, [&](const StopEvent&) {
                                    kernel::UserRegisters registers = guest.debugger().registers();
                                    registers.r[15] += 4;
                                    guest.debugger().set_registers(registers);
                                    return Resume{.drop_signal = true};
                                  }});
    CHECK(stops.back().kind == StopKind::exited);
    CHECK(guest.debugger().machine().kernel().exit_report().status == 7);
  }
  SECTION("its catchpoint is named") {
    guest.add({.kind = PointKind::signal, .signal = kernel::sigsegv});
    CHECK(guest.run({})[1].points == Numbers{1});
  }
}

TEST_CASE("somebody wants the guest to stop", "[debugger][core]") {
  Guest guest;
  const auto interrupt = [&](const StopEvent&) {
    guest.debugger().machine().interrupt();
    return Resume{};
  };
  SECTION("it stops") {
    CHECK(kinds(guest.run({interrupt})) == std::vector{StopKind::started, StopKind::interrupted, StopKind::exited});
  }
  SECTION("what the face was doing, not the guest") {
    CHECK(kinds(guest.run({[&](const StopEvent& event) {
            const Resume resume = interrupt(event);
            guest.debugger().forget_interrupt();
            return resume;
          }})) == std::vector{StopKind::started, StopKind::exited});
  }
}

TEST_CASE("kinds of faults are verdicts, what the MMU reported, and groups of them", "[debugger][core]") {
  const mmu::Fault fault{mmu::FaultKind::permission, 3, VirtAddr{0x5004}, mmu::Access::write, mmu::Privilege::pl0};
  CHECK(is_of_kind("any", fault, Verdict::cow));
  CHECK(is_of_kind("permission", fault, Verdict::cow));
  CHECK_FALSE(is_of_kind("translation", fault, Verdict::cow));
  CHECK_FALSE(is_of_kind("soft-dirty", fault, Verdict::cow));
  CHECK(is_of_kind("swap", fault, Verdict::swap_in));
  CHECK(is_of_kind("swap-in", fault, Verdict::swap_in));
  CHECK_FALSE(is_of_kind("swap", fault, Verdict::cow));
  CHECK(is_of_kind("segv", fault, Verdict::segv_accerr));
  CHECK(is_of_kind("segv", fault, Verdict::segv_maperr));
  CHECK(is_of_kind("bus", fault, Verdict::bus_adrerr));
  CHECK_FALSE(is_of_kind("bus", fault, Verdict::segv_maperr));
  CHECK((FaultFilter{.kind = "cow", .access = mmu::Access::write}.matches(fault, Verdict::cow)));
  CHECK_FALSE((FaultFilter{.kind = "cow", .access = mmu::Access::read}.matches(fault, Verdict::cow)));
}

}  // namespace lpaemu::emu
