// Signal bookkeeping: masks, actions, what is pending, what kills. [linux kernel/signal.c]
#include <catch2/generators/catch_generators.hpp>

#include "machine.h"

namespace lpaemu::kernel {
namespace {

using testing::bad_pointer;
using testing::failed;
using testing::Machine;

constexpr auto outer = SyscallPlace::outer_loop;

TEST_CASE("kill to itself takes effect before the call returns to user mode", "[kernel][sys_kill]") {
  const int signo = GENERATE(1, 2, 6, 9, 11, 15, 34, 64);
  Machine m;
  m.start();
  CHECK(m.next(outer, nr::kill, {1, static_cast<std::uint32_t>(signo)}) == Next::exited);
  CHECK(m.kernel.exit_report().killed);
  CHECK(m.kernel.exit_report().info.signo == signo);
  CHECK(m.kernel.exit_report().info.sender_pid == 1);
  CHECK(m.kernel.exit_report().note.empty());
}

TEST_CASE("signals that do nothing by default", "[kernel][sys_kill]") {
  const auto signo = GENERATE(17U, 18U, 23U, 28U);
  Machine m;
  m.start();
  CHECK(m.call(nr::kill, {1, signo}) == 0);
  CHECK(m.task().pending == 0);
}

TEST_CASE("stop signals end the run with a note", "[kernel][sys_kill]") {
  const auto signo = GENERATE(19U, 20U, 21U, 22U);
  Machine m;
  m.start();
  CHECK(m.next(outer, nr::kill, {1, signo}) == Next::exited);
  CHECK(m.kernel.exit_report().note.find("stopping is not supported") != std::string::npos);
}

struct KillRow {
  std::uint32_t number;
  std::array<std::uint32_t, 3> args;
  std::int32_t result;
};
TEST_CASE("targets and numbers", "[kernel][sys_kill][sys_tkill][sys_tgkill]") {
  const auto row = GENERATE(values<KillRow>({{nr::kill, {1, 0}, 0},
                                             {nr::kill, {0, 0}, 0},
                                             {nr::kill, {2, 0}, failed(Errno::esrch)},
                                             {nr::kill, {0xffffffff, 0}, failed(Errno::esrch)},
                                             {nr::kill, {1, 65}, failed(Errno::einval)},
                                             {nr::kill, {1, 0xffffffff}, failed(Errno::einval)},
                                             {nr::tkill, {1, 0}, 0},
                                             {nr::tkill, {0, 0}, failed(Errno::einval)},
                                             {nr::tkill, {5, 0}, failed(Errno::esrch)},
                                             {nr::tgkill, {1, 1, 0}, 0},
                                             {nr::tgkill, {2, 1, 0}, failed(Errno::esrch)},
                                             {nr::tgkill, {1, 0, 0}, failed(Errno::einval)}}));
  Machine m;
  m.start();
  CAPTURE(row.number, row.args[0], row.args[1]);
  CHECK(m.call(row.number, {row.args[0], row.args[1], row.args[2]}) == row.result);
}

TEST_CASE("a blocked signal is pending until it is unblocked", "[kernel][sys_rt_sigprocmask][sys_rt_sigpending]") {
  Machine m;
  m.start();
  const VirtAddr set = m.map();
  m.put(set, signal_bit(sigusr1) | signal_bit(sigkill));
  CHECK(m.call(nr::rt_sigprocmask, {0, set.raw(), set.raw() + 8, 8}) == 0);
  CHECK(m.get<std::uint64_t>(set + 8) == 0);
  CHECK(m.task().blocked == signal_bit(sigusr1));
  CHECK(m.call(nr::tgkill, {1, 1, sigusr1}) == 0);
  CHECK(m.call(nr::rt_sigpending, {set.raw() + 8, 8}) == 0);
  CHECK(m.get<std::uint64_t>(set + 8) == signal_bit(sigusr1));
  CHECK(m.call(nr::sigpending, {set.raw() + 8}) == 0);
  CHECK(m.get<std::uint32_t>(set + 8) == signal_bit(sigusr1));
  CHECK(m.next(outer, nr::rt_sigprocmask, {1, set.raw(), 0, 8}) == Next::exited);
  CHECK(m.kernel.exit_report().info.signo == sigusr1);
  CHECK(m.kernel.exit_report().info.code == si_tkill);
}

TEST_CASE("masks: how, sizes and addresses", "[kernel][sys_rt_sigprocmask][sys_sigprocmask]") {
  Machine m;
  m.start();
  const VirtAddr set = m.map();
  m.put(set, std::uint64_t{0xff});
  CHECK(m.call(nr::rt_sigprocmask, {2, set.raw(), 0, 8}) == 0);
  CHECK(m.call(nr::rt_sigprocmask, {3, set.raw(), 0, 8}) == failed(Errno::einval));
  CHECK(m.call(nr::rt_sigprocmask, {3, 0, set.raw() + 8, 8}) == 0);  // how does not matter without a set
  CHECK(m.call(nr::rt_sigprocmask, {0, set.raw(), 0, 4}) == failed(Errno::einval));
  CHECK(m.call(nr::rt_sigprocmask, {0, bad_pointer, 0, 8}) == failed(Errno::efault));
  CHECK(m.call(nr::rt_sigprocmask, {0, 0, bad_pointer, 8}) == failed(Errno::efault));
  set_blocked(m.task(), std::uint64_t{1} << 40 | 1);
  m.put(set, std::uint32_t{2});
  CHECK(m.call(nr::sigprocmask, {2, set.raw(), set.raw() + 8}) == 0);
  CHECK(m.get<std::uint32_t>(set + 8) == 1);
  CHECK(m.task().blocked == (std::uint64_t{1} << 40 | 2));
}

TEST_CASE("sigaction stores and answers the whole action", "[kernel][sys_rt_sigaction][sys_sigaction]") {
  Machine m;
  m.start();
  const VirtAddr action = m.map();
  using Action = std::array<std::uint32_t, 5>;
  m.put(action, Action{0x10100, 0x14000004, 0x10200, 0x00000300, 0x1});
  CHECK(m.call(nr::rt_sigaction, {sigusr1, action.raw(), 0, 8}) == 0);
  CHECK(m.call(nr::rt_sigaction, {sigusr1, 0, action.raw() + 64, 8}) == 0);
  // SIGKILL (bit 8) drops out of the mask.
  CHECK(m.get<Action>(action + 64) == Action{0x10100, 0x14000004, 0x10200, 0x00000200, 0x1});
  CHECK(m.call(nr::rt_sigaction, {sigkill, action.raw(), 0, 8}) == failed(Errno::einval));
  CHECK(m.call(nr::rt_sigaction, {sigkill, 0, action.raw() + 64, 8}) == 0);
  CHECK(m.call(nr::rt_sigaction, {65, 0, 0, 8}) == failed(Errno::einval));
  CHECK(m.call(nr::rt_sigaction, {0, 0, 0, 8}) == failed(Errno::einval));
  CHECK(m.call(nr::rt_sigaction, {1, 0, 0, 4}) == failed(Errno::einval));
  CHECK(m.call(nr::rt_sigaction, {1, bad_pointer, 0, 8}) == failed(Errno::efault));
  CHECK(m.call(nr::sigaction, {sigusr1, 0, action.raw() + 64}) == 0);
  CHECK(m.get<std::array<std::uint32_t, 4>>(action + 64) ==
        std::array<std::uint32_t, 4>{0x10100, 0x00000200, 0x14000004, 0x10200});
}

TEST_CASE("a handler is not entered: the run ends with its address in the note", "[kernel][sys_kill]") {
  Machine m;
  m.start();
  set_sigaction(m.task(), sigusr2, {.handler = 0x10104});
  CHECK(m.next(outer, nr::kill, {1, sigusr2}) == Next::exited);
  CHECK(m.kernel.exit_report().killed);
  CHECK(m.kernel.exit_report().info.signo == sigusr2);
  CHECK(m.kernel.exit_report().note.find("SIGUSR2 is installed at 0x00010104") != std::string::npos);
}

TEST_CASE("what becomes ignored is no longer pending", "[kernel][sys_rt_sigaction]") {
  Machine m;
  m.start();
  set_blocked(m.task(), signal_bit(sigusr1));
  CHECK(m.call(nr::kill, {1, sigusr1}) == 0);
  CHECK(m.task().pending != 0);
  set_sigaction(m.task(), sigusr1, {.handler = sig_ign});
  CHECK(m.task().pending == 0);
}

TEST_CASE("an ignored signal that is blocked stays pending", "[kernel][sys_kill]") {
  Machine m;
  m.start();
  set_sigaction(m.task(), sigusr1, {.handler = sig_ign});
  CHECK(m.call(nr::kill, {1, sigusr1}) == 0);
  CHECK(m.task().pending == 0);
  set_blocked(m.task(), signal_bit(sigusr1));
  CHECK(m.call(nr::kill, {1, sigusr1}) == 0);
  CHECK(m.task().pending == signal_bit(sigusr1));
  set_blocked(m.task(), 0);
  CHECK(m.call(nr::getpid) == 1);
  CHECK(m.task().pending == 0);
}

TEST_CASE("signals of faults come first, SIGKILL before all", "[kernel][signal]") {
  Machine m;
  m.start();
  set_blocked(m.task(), ~std::uint64_t{0});
  for (const int signo : {sighup, sigusr1, sigsegv}) send_signal(m.task(), {.signo = signo});
  set_blocked(m.task(), 0);
  CHECK(take_signal(m.task())->info.signo == sigsegv);
  send_signal(m.task(), {.signo = sigkill});
  CHECK(take_signal(m.task())->info.signo == sigkill);
  CHECK(take_signal(m.task())->info.signo == sighup);
  CHECK(take_signal(m.task())->info.signo == sigusr1);
  CHECK_FALSE(take_signal(m.task()).has_value());
}

TEST_CASE("SIGCONT and stop signals cancel each other", "[kernel][signal]") {
  Machine m;
  m.start();
  set_blocked(m.task(), ~std::uint64_t{0});
  send_signal(m.task(), {.signo = sigtstp});
  send_signal(m.task(), {.signo = sigcont});
  CHECK(m.task().pending == signal_bit(sigcont));
  send_signal(m.task(), {.signo = sigtstp});
  CHECK(m.task().pending == signal_bit(sigtstp));
}

TEST_CASE("sigaltstack", "[kernel][sys_sigaltstack]") {
  Machine m;
  m.start();
  const VirtAddr stack = m.map();
  using Stack = std::array<std::uint32_t, 3>;
  CHECK(m.call(nr::sigaltstack, {0, stack.raw()}) == 0);
  CHECK(m.get<Stack>(stack) == Stack{0, 2, 0});
  m.put(stack, Stack{0x12000, 0, 8192});
  CHECK(m.call(nr::sigaltstack, {stack.raw(), 0}) == 0);
  m.put(stack, Stack{0, 2, 99});
  CHECK(m.call(nr::sigaltstack, {stack.raw(), stack.raw() + 16}) == 0);
  CHECK(m.get<Stack>(stack + 16) == Stack{0x12000, 0, 8192});
  m.put(stack, Stack{0x12000, 0, 2047});
  CHECK(m.call(nr::sigaltstack, {stack.raw(), 0}) == failed(Errno::enomem));
  m.put(stack, Stack{0x12000, 4, 8192});
  CHECK(m.call(nr::sigaltstack, {stack.raw(), 0}) == failed(Errno::einval));
  CHECK(m.call(nr::sigaltstack, {bad_pointer, 0}) == failed(Errno::efault));
}

TEST_CASE("rt_sigtimedwait takes a pending signal or times out", "[kernel][sys_rt_sigtimedwait]") {
  Machine m;
  m.start();
  const VirtAddr set = m.map();
  set_blocked(m.task(), signal_bit(sigusr1));
  CHECK(m.call(nr::kill, {1, sigusr1}) == 0);
  m.put(set, signal_bit(sigusr1));
  m.put(set + 8, std::array<std::int32_t, 2>{1, 0});
  CHECK(m.call(nr::rt_sigtimedwait, {set.raw(), set.raw() + 64, set.raw() + 8, 8}) == sigusr1);
  CHECK(m.get<std::int32_t>(set + 64) == sigusr1);
  CHECK(m.get<std::int32_t>(set + 64 + 12) == 1);
  const Nanoseconds start = m.host.now;
  CHECK(m.call(nr::rt_sigtimedwait, {set.raw(), 0, set.raw() + 8, 8}) == failed(Errno::eagain));
  CHECK(m.host.now - start == std::chrono::seconds{1});
  CHECK(m.next(outer, nr::rt_sigtimedwait, {set.raw(), 0, 0, 8}) == Next::interrupted);
}

TEST_CASE("pause and sigsuspend wait for the host", "[kernel][sys_pause][sys_rt_sigsuspend]") {
  Machine m;
  m.start();
  CHECK(m.next(outer, nr::pause) == Next::interrupted);
  set_blocked(m.task(), signal_bit(sigusr1));
  const VirtAddr set = m.map();
  CHECK(m.next(outer, nr::rt_sigsuspend, {set.raw(), 8}) == Next::interrupted);
  CHECK(m.task().blocked == signal_bit(sigusr1));  // as it was: the call is made again
  CHECK(m.call(nr::kill, {1, sigusr1}) == 0);
  CHECK(m.next(outer, nr::rt_sigsuspend, {set.raw(), 8}) == Next::exited);
}

TEST_CASE("sigreturn without a frame is SIGSEGV", "[kernel][sys_rt_sigreturn]") {
  const auto number = GENERATE(nr::sigreturn, nr::rt_sigreturn);
  Machine m;
  m.start();
  CHECK(m.next(outer, number) == Next::exited);
  CHECK(m.kernel.exit_report().info.signo == sigsegv);
}

TEST_CASE("names", "[kernel][signal]") {
  CHECK(signal_name(11) == "SIGSEGV");
  CHECK(signal_name(31) == "SIGSYS");
  CHECK(signal_name(34) == "SIGRT_2");
  CHECK(signal_name(0).empty());
  CHECK(signal_name(65).empty());
  CHECK(signal_code_name(sigsegv, 1) == "SEGV_MAPERR");
  CHECK(signal_code_name(sigbus, 1) == "BUS_ADRALN");
  CHECK(signal_code_name(sigterm, 0) == "SI_USER");
  CHECK(signal_code_name(sigterm, 99).empty());
}

}  // namespace
}  // namespace lpaemu::kernel
