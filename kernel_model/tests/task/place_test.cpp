// Where calls and aborts run: what the hook may not do it leaves alone, with nothing done.
#include <catch2/generators/catch_generators.hpp>

#include "lpaemu/kernel_model/mm/mmap.h"
#include "lpaemu/mmu/fault.h"
#include "machine.h"

namespace lpaemu::kernel {
namespace {

using testing::failed;
using testing::Machine;

constexpr auto hook = SyscallPlace::hook;
constexpr auto outer = SyscallPlace::outer_loop;

class Recorder final : public Observer {
 public:
  void on_event(const Event& event) override { events.push_back(event); }
  [[nodiscard]] std::vector<EventKind> kinds() const {
    std::vector<EventKind> kinds;
    for (const Event& event : events) kinds.push_back(event.kind);
    return kinds;
  }
  std::vector<Event> events;
};

class PickyStopper final : public Stopper {
 public:
  [[nodiscard]] bool wants(const mmu::Fault& fault, Verdict) override { return fault.va == wanted; }
  void at_phase(const Event& event) override { phases.push_back(event.kind); }
  VirtAddr wanted;
  std::vector<EventKind> phases;
};

class CallTracer final : public SyscallTracer {
 public:
  void on_enter(task_struct&, std::uint32_t, const std::array<std::uint32_t, 7>&) override { ++enters; }
  void on_return(task_struct&, std::uint32_t, const std::array<std::uint32_t, 7>&, std::uint32_t) override {
    ++returns;
  }
  void on_no_return(task_struct&, std::uint32_t, const std::array<std::uint32_t, 7>&) override { ++no_returns; }
  int enters = 0, returns = 0, no_returns = 0;
};

mmu::Fault translation(VirtAddr va, mmu::Access access) {
  return {mmu::FaultKind::translation, 3, va, access, mmu::Privilege::pl0};
}

// ---- System calls --------------------------------------------------------------------------------------------------

struct PlaceRow {
  std::uint32_t number;
  std::array<std::uint32_t, 3> args;
  Next in_hook;
};

TEST_CASE("the hook answers outer_loop for what may wait or end the task", "[kernel][syscalls][place]") {
  const auto row = GENERATE(values<PlaceRow>({
      {20, {}, Next::resume},              // getpid
      {3, {0}, Next::outer_loop},          // read: stdin has nothing
      {4, {1}, Next::outer_loop},          // write to a pipe: SIGPIPE could end the task
      {3, {99}, Next::resume},             // read: EBADF at once
      {1, {}, Next::outer_loop},           // exit
      {248, {}, Next::outer_loop},         // exit_group
      {37, {1, 0}, Next::outer_loop},      // kill
      {162, {0, 0}, Next::outer_loop},     // nanosleep
      {168, {0, 0, 0}, Next::outer_loop},  // poll
      {240, {0, 0, 0}, Next::outer_loop},  // futex
      {29, {}, Next::outer_loop},          // pause
      {0x0f0001, {}, Next::outer_loop},    // breakpoint
      {0x0f0005, {0x1234}, Next::resume},  // set_tls
      {0x0f0000, {}, Next::outer_loop},    // branch through zero
      {0x0f1000, {}, Next::outer_loop},    // SIGILL
      {500, {}, Next::outer_loop},         // no row: a warning
      {2, {}, Next::resume},               // fork: ENOSYS
  }));
  Machine m;
  m.start();
  Recorder recorder;
  CallTracer tracer;
  m.kernel.events().add(recorder);
  m.kernel.set_tracer(&tracer);
  CAPTURE(row.number);
  CHECK(m.next(hook, row.number, {row.args[0], row.args[1], row.args[2]}) == row.in_hook);
  if (row.in_hook == Next::outer_loop) {
    CHECK(recorder.events.empty());
    CHECK(tracer.enters == 0);
    CHECK(m.cpu.registers.r[0] == row.args[0]);
    CHECK(m.host.waits == 0);
    CHECK_FALSE(m.kernel.exited());
  } else {
    CHECK(recorder.kinds() == std::vector{EventKind::SyscallEntered, EventKind::SyscallReturned});
    CHECK(tracer.returns == 1);
  }
  m.kernel.events().remove(recorder);
}

TEST_CASE("a read that does not wait runs in the hook", "[kernel][syscalls][place]") {
  Machine m;
  m.start();
  const VirtAddr buffer = m.map();
  m.host.input = "abc";
  CHECK(m.next(hook, 3, {0, buffer.raw(), 100}) == Next::resume);
  CHECK(m.cpu.registers.r[0] == 3);
  CHECK(m.peek(buffer, 3) == "abc");
}

TEST_CASE("a write to a regular file runs in the hook", "[kernel][syscalls][place]") {
  Machine m;
  m.start();
  const auto fd = static_cast<std::uint32_t>(m.call(385, {m.string("f"), 0}));
  CHECK(m.next(hook, 4, {fd, m.string("out"), 3}) == Next::resume);
  CHECK(m.cpu.registers.r[0] == 3);
}

TEST_CASE("with a signal pending no call runs in the hook", "[kernel][syscalls][place]") {
  Machine m;
  m.start();
  set_blocked(m.task(), signal_bit(sigusr1));
  CHECK(m.call(37, {1, sigusr1}) == 0);
  CHECK(m.next(hook, 20) == Next::outer_loop);
  CHECK(m.call(20) == 1);
}

TEST_CASE("an interrupted wait changes nothing, and the call can be made again", "[kernel][syscalls][place]") {
  Machine m;
  m.start();
  const VirtAddr buffer = m.map();
  CallTracer tracer;
  m.kernel.set_tracer(&tracer);
  CHECK(m.next(outer, 3, {0, buffer.raw(), 100}) == Next::interrupted);
  CHECK(m.cpu.registers.r[0] == 0);
  CHECK(tracer.no_returns == 1);
  m.host.later_input.emplace_back("later");
  CHECK(m.kernel.syscall(outer) == Next::resume);
  CHECK(m.cpu.registers.r[0] == 5);
  CHECK(m.peek(buffer, 5) == "later");
}

TEST_CASE("a sleep that is made again ends when the first one would have", "[kernel][syscalls][sys_nanosleep]") {
  Machine m;
  m.start();
  const VirtAddr time = m.map();
  m.put(time, std::array<std::int32_t, 2>{10, 0});
  const Nanoseconds start = m.host.now;
  m.host.interrupt = true;
  CHECK(m.next(outer, 162, {time.raw(), 0}) == Next::interrupted);
  m.host.now += std::chrono::seconds{4};
  CHECK(m.kernel.syscall(outer) == Next::resume);
  CHECK(m.host.now - start == std::chrono::seconds{10});
  // The next sleep is a new one.
  CHECK(m.call(162, {time.raw(), 0}) == 0);
  CHECK(m.host.now - start == std::chrono::seconds{20});
}

// ---- Aborts --------------------------------------------------------------------------------------------------------

TEST_CASE("a fault that ends in a retry is resolved in the hook", "[kernel][abort][place]") {
  Machine m;
  m.start();
  const VirtAddr page = m.map();
  Recorder recorder;
  m.kernel.events().add(recorder);
  m.cpu.registers.r[15] = 0x10100;
  CHECK(m.kernel.abort(translation(page, mmu::Access::write), hook) == Next::resume);
  CHECK(pte_present(m.mm().pte_at(page)));
  REQUIRE_FALSE(recorder.events.empty());
  CHECK(recorder.events.front().kind == EventKind::FaultRaised);
  CHECK(recorder.events.back().kind == EventKind::Returned);
  CHECK(recorder.events.front().pid == 1);
  CHECK_FALSE(recorder.events.front().origin.kernel);
  CHECK(recorder.events.front().origin.pc == VirtAddr{0x10100});
  m.kernel.events().remove(recorder);
}

TEST_CASE("a fatal fault is left to the outer loop, and kills there", "[kernel][abort][place]") {
  Machine m;
  m.start();
  Recorder recorder;
  m.kernel.events().add(recorder);
  const mmu::Fault fault = translation(VirtAddr{0x5004}, mmu::Access::write);
  CHECK(m.kernel.abort(fault, hook) == Next::outer_loop);
  CHECK(recorder.events.empty());
  CHECK(m.kernel.abort(fault, outer) == Next::exited);
  const ExitReport& report = m.kernel.exit_report();
  CHECK(report.killed);
  CHECK(report.info.signo == sigsegv);
  CHECK(report.info.code == segv_maperr);
  CHECK(report.info.addr == VirtAddr{0x5004});
  CHECK(report.info.fsr == 0xa07);
  CHECK(recorder.events.back().kind == EventKind::Exited);
  CHECK(recorder.events.back().value_after == 11);
  m.kernel.events().remove(recorder);
}

TEST_CASE("a signal for a fetch carries the status word with Linux's mark of a prefetch abort",
          "[kernel][abort][P-48]") {
  Machine m;
  m.start();
  const mmu::Fault fetch{mmu::FaultKind::translation, 3, VirtAddr{0x5004}, mmu::Access::execute, mmu::Privilege::pl0};
  SECTION("nothing mapped") {
    CHECK(m.kernel.abort(fetch, SyscallPlace::outer_loop) == Next::exited);
    CHECK(m.kernel.exit_report().info.fsr == 0x80000207);
  }
  SECTION("BKPT") {
    CHECK(m.kernel.breakpoint(m.cpu.user_registers()) == Next::exited);
    CHECK(m.kernel.exit_report().info.fsr == 0x80000222);
  }
}

TEST_CASE("a fault that a stopper wants runs in the outer loop, phase by phase", "[kernel][abort][place]") {
  Machine m;
  m.start();
  const VirtAddr page = m.map(2);
  PickyStopper stopper;
  stopper.wanted = page;
  m.kernel.events().set_stopper(&stopper);
  CHECK(m.kernel.abort(translation(page + 4096, mmu::Access::write), hook) == Next::resume);
  CHECK(stopper.phases.empty());
  CHECK(m.kernel.abort(translation(page, mmu::Access::write), hook) == Next::outer_loop);
  CHECK(stopper.phases.empty());
  CHECK_FALSE(pte_present(m.mm().pte_at(page)));
  CHECK(m.kernel.abort(translation(page, mmu::Access::write), outer) == Next::resume);
  REQUIRE_FALSE(stopper.phases.empty());
  CHECK(stopper.phases.front() == EventKind::FaultRaised);
  CHECK(stopper.phases.back() == EventKind::Returned);
  m.kernel.events().set_stopper(nullptr);
}

TEST_CASE("exhausted memory is met in the outer loop and kills with SIGKILL", "[kernel][abort][place]") {
  constexpr std::uint64_t small_ram = 128 * mmu::PAGE_SIZE;
  Machine m{0, small_ram};
  m.start();
  const VirtAddr start = m.map(120);
  VirtAddr at = start;
  while (m.kernel.abort(translation(at, mmu::Access::write), hook) == Next::resume) at += mmu::PAGE_SIZE;
  CHECK(m.kernel.pages().free_pages() > 0);
  Next next = Next::resume;
  while (next == Next::resume) {
    next = m.kernel.abort(translation(at, mmu::Access::write), outer);
    at += mmu::PAGE_SIZE;
  }
  CHECK(next == Next::exited);
  CHECK(m.kernel.exit_report().out_of_memory);
  CHECK(m.kernel.exit_report().info.signo == sigkill);
}

struct SignalRow {
  mmu::FaultKind kind;
  unsigned level;
  mmu::Access access;
  std::uint32_t va;
  int signo, code;
};
TEST_CASE("faults raise Linux's signals", "[kernel][abort][signal]") {
  using mmu::Access;
  using mmu::FaultKind;
  const auto row = GENERATE(values<SignalRow>({
      {FaultKind::translation, 1, Access::read, 0x5000, sigsegv, segv_maperr},
      {FaultKind::translation, 3, Access::execute, 0x5000, sigsegv, segv_maperr},
      {FaultKind::translation, 3, Access::read, 0xc0000000, sigsegv, segv_maperr},  // the kernel's half
      {FaultKind::permission, 3, Access::write, 0xffff0fe0, sigsegv, segv_maperr},  // the kuser page
      {FaultKind::permission, 3, Access::write, 0x10000, sigsegv, segv_accerr},     // text
      {FaultKind::translation, 3, Access::execute, 0x12000, sigsegv, segv_accerr},  // data
      {FaultKind::alignment, 0, Access::read, 0x12001, sigbus, bus_adraln},
      {FaultKind::external_abort, 0, Access::read, 0x12000, sigbus, 0},
      {FaultKind::permission, 1, Access::write, 0x12000, sigsegv, segv_accerr},  // do_bad
  }));
  Machine m;
  m.start();
  const mmu::Fault fault{row.kind, row.level, VirtAddr{row.va}, row.access, mmu::Privilege::pl0};
  CAPTURE(row.va, row.level);
  CHECK(m.kernel.abort(fault, hook) == Next::outer_loop);
  CHECK(m.kernel.abort(fault, outer) == Next::exited);
  CHECK(m.kernel.exit_report().info.signo == row.signo);
  CHECK(m.kernel.exit_report().info.code == row.code);
  CHECK(m.kernel.exit_report().info.addr == VirtAddr{row.va});
}

TEST_CASE("beyond the end of a file is SIGBUS", "[kernel][abort][signal]") {
  Machine m;
  m.start();
  const std::int32_t fd = m.call(385, {m.string("f"), 0});
  CHECK(m.call(93, {static_cast<std::uint32_t>(fd), 100}) == 0);
  const std::int32_t start = m.call(192, {0, 8192, 1, MAP_SHARED, static_cast<std::uint32_t>(fd), 0});
  const VirtAddr second{static_cast<std::uint32_t>(start) + 4096};
  CHECK(m.kernel.abort(translation(second, mmu::Access::read), outer) == Next::exited);
  CHECK(m.kernel.exit_report().info.signo == sigbus);
  CHECK(m.kernel.exit_report().info.code == bus_adrerr);
}

TEST_CASE("a synchronous signal kills although it is blocked or ignored", "[kernel][abort][signal]") {
  const bool ignored = GENERATE(false, true);
  Machine m;
  m.start();
  if (ignored)
    set_sigaction(m.task(), sigsegv, {.handler = sig_ign});
  else
    set_blocked(m.task(), signal_bit(sigsegv));
  CHECK(m.kernel.abort(translation(VirtAddr{0x5000}, mmu::Access::read), outer) == Next::exited);
  CHECK(m.kernel.exit_report().info.signo == sigsegv);
  CHECK(m.kernel.exit_report().note.empty());
}

TEST_CASE("an installed handler is named in the report", "[kernel][abort][signal]") {
  Machine m;
  m.start();
  set_sigaction(m.task(), sigsegv, {.handler = 0x10234});
  CHECK(m.kernel.abort(translation(VirtAddr{0x5000}, mmu::Access::read), outer) == Next::exited);
  CHECK(m.kernel.exit_report().info.signo == sigsegv);
  CHECK(m.kernel.exit_report().note.find("0x00010234") != std::string::npos);
}

// ---- Traps ---------------------------------------------------------------------------------------------------------

struct TrapRow {
  bool thumb;
  std::uint32_t instruction;
  int signo, code;
};
TEST_CASE("undefined instructions are SIGILL, planted breakpoints SIGTRAP", "[kernel][signal]") {
  const auto row = GENERATE(values<TrapRow>({{false, 0xe7f000f0, sigill, ill_illopc},  // udf #0
                                             {false, 0xe7f001f0, sigtrap, trap_brkpt},
                                             {false, 0x07f001f0, sigtrap, trap_brkpt},  // any condition
                                             {true, 0x0000de00, sigill, ill_illopc},
                                             {true, 0x0000de01, sigtrap, trap_brkpt},
                                             {true, 0xa000f7f0, sigtrap, trap_brkpt},
                                             {true, 0xa001f7f0, sigill, ill_illopc}}));
  Machine m;
  m.start();
  const VirtAddr code = m.map();
  m.put(code, row.instruction);
  UserRegisters registers = m.cpu.registers;
  registers.r[15] = code.raw();
  registers.cpsr = mmu::PSR::T.with(registers.cpsr, row.thumb);
  CHECK(m.kernel.undefined_instruction(registers) == Next::exited);
  CHECK(m.kernel.exit_report().info.signo == row.signo);
  CHECK(m.kernel.exit_report().info.code == row.code);
  CHECK(m.kernel.exit_report().info.addr == code);
}

TEST_CASE("BKPT is the debug abort that no hardware breakpoint claims", "[kernel][signal]") {
  Machine m;
  m.start();
  UserRegisters registers = m.cpu.registers;
  registers.r[15] = 0x10008;
  CHECK(m.kernel.breakpoint(registers) == Next::exited);
  CHECK(m.kernel.exit_report().info.signo == sigtrap);
  CHECK(m.kernel.exit_report().info.code == trap_hwbkpt);
  CHECK(m.kernel.exit_report().info.addr == VirtAddr{0x10008});
}

struct PrivateRow {
  std::uint32_t number;
  int signo, code;
};
TEST_CASE("ARM's private numbers", "[kernel][syscalls][sys_arm]") {
  const auto row = GENERATE(values<PrivateRow>({{0x0f0000, sigsegv, segv_maperr},  // branch through zero
                                                {0x0f0001, sigtrap, trap_brkpt},
                                                {0x0f0003, sigill, ill_illtrp},
                                                {0x0f0004, sigill, ill_illtrp},
                                                {0x0f0007, 0, 0},
                                                {0x0f07ff, 0, 0},
                                                {0x0f0800, sigill, ill_illtrp},
                                                {0x00100000, sigill, ill_illtrp},
                                                {0xffffffff, sigill, ill_illtrp},
                                                {0x000effff, 0, 0}}));
  Machine m;
  m.start();
  m.cpu.registers.r[15] = 0x10104;
  const Next next = m.next(outer, row.number, {});
  CAPTURE(row.number);
  if (row.signo == 0) {
    CHECK(next == Next::resume);
    CHECK(m.cpu.registers.r[0] == static_cast<std::uint32_t>(failed(Errno::enosys)));
  } else {
    CHECK(next == Next::exited);
    CHECK(m.kernel.exit_report().info.signo == row.signo);
    CHECK(m.kernel.exit_report().info.code == row.code);
    if (row.number != 0x0f0000) CHECK(m.kernel.exit_report().info.addr == VirtAddr{0x10100});
  }
}

}  // namespace
}  // namespace lpaemu::kernel
