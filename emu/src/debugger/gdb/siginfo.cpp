#include "siginfo.h"

#include <array>
#include <cstring>

#include "lpaemu/kernel_model/task/signal_numbers.h"

namespace lpaemu::emu::gdb {
namespace {

constexpr int trap_trace = 2;  // [linux include/uapi/asm-generic/siginfo.h]

kernel::siginfo told_signal(const StopEvent& event, kernel::VirtAddr pc) {
  if (event.signal) return *event.signal;
  if (event.kind == StopKind::interrupted) return {.signo = kernel::sigint, .code = kernel::si_user};
  const bool breakpoint = event.kind == StopKind::breakpoint;
  return {.signo = kernel::sigtrap, .code = breakpoint ? kernel::trap_brkpt : trap_trace, .addr = pc};
}

bool of_fault(int signo) {
  using namespace kernel;
  return signo == sigsegv || signo == sigbus || signo == sigill || signo == sigfpe || signo == sigtrap;
}

}  // namespace

std::string siginfo_bytes(const StopEvent& event, kernel::VirtAddr pc) {
  // si_signo, si_errno, si_code; then si_addr of a fault, si_pid and si_uid of a sender.
  constexpr std::size_t words = 32;
  const kernel::siginfo info = told_signal(event, pc);
  std::array<std::uint32_t, words> siginfo{static_cast<std::uint32_t>(info.signo), 0,
                                           static_cast<std::uint32_t>(info.code)};
  siginfo[3] = of_fault(info.signo) && info.code > 0 ? info.addr.raw() : static_cast<std::uint32_t>(info.sender_pid);
  return {reinterpret_cast<const char*>(siginfo.data()), sizeof siginfo};
}

}  // namespace lpaemu::emu::gdb
