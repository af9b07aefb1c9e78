#include "lpaemu/kernel_model/task/signal.h"

#include <fmt/format.h>

namespace lpaemu::kernel {
namespace {

constexpr std::array<std::string_view, sigrtmin> signal_names{
    "",          "SIGHUP",  "SIGINT",    "SIGQUIT", "SIGILL",   "SIGTRAP", "SIGABRT", "SIGBUS",
    "SIGFPE",    "SIGKILL", "SIGUSR1",   "SIGSEGV", "SIGUSR2",  "SIGPIPE", "SIGALRM", "SIGTERM",
    "SIGSTKFLT", "SIGCHLD", "SIGCONT",   "SIGSTOP", "SIGTSTP",  "SIGTTIN", "SIGTTOU", "SIGURG",
    "SIGXCPU",   "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO",   "SIGPWR",  "SIGSYS"};

constexpr std::uint64_t stop_signals =
    signal_bit(sigstop) | signal_bit(sigtstp) | signal_bit(sigttin) | signal_bit(sigttou);

/// Delivered before all others, so that the handler of one finds the registers of the fault.
/// [linux kernel/signal.c:SYNCHRONOUS_MASK]
constexpr std::uint64_t synchronous_signals = signal_bit(sigsegv) | signal_bit(sigbus) | signal_bit(sigill) |
                                              signal_bit(sigtrap) | signal_bit(sigfpe) | signal_bit(sigsys);

bool has_no_effect(const task_struct& task, int signo) {
  const std::uint32_t handler = task.sigactions[static_cast<std::size_t>(signo)].handler;
  return handler == sig_ign || (handler == sig_dfl && default_action(signo) == SignalAction::ignore);
}

void add_pending(task_struct& task, const siginfo& info) {
  if ((task.pending & signal_bit(info.signo)) != 0) return;
  task.pending |= signal_bit(info.signo);
  task.pending_info[static_cast<std::size_t>(info.signo)] = info;
}

/// SIGCONT and the stop signals cancel each other. [linux kernel/signal.c:prepare_signal]
void cancel_opposites(task_struct& task, int signo) {
  if (signo == sigcont) task.pending &= ~stop_signals;
  if ((signal_bit(signo) & stop_signals) != 0) task.pending &= ~signal_bit(sigcont);
}

int lowest_signal(std::uint64_t set) { return std::countr_zero(set) + 1; }

}  // namespace

std::string signal_name(int signo) {
  if (!valid_signal(signo)) return {};
  if (signo < sigrtmin) return std::string{signal_names[static_cast<std::size_t>(signo)]};
  return fmt::format("SIGRT_{}", signo - sigrtmin);
}

std::string_view signal_code_name(int signo, int code) {
  struct Row {
    int signo;
    int code;
    std::string_view name;
  };
  static constexpr int any = 0;
  static constexpr std::array rows{Row{any, si_user, "SI_USER"},
                                   Row{any, si_kernel, "SI_KERNEL"},
                                   Row{any, si_tkill, "SI_TKILL"},
                                   Row{sigill, ill_illopc, "ILL_ILLOPC"},
                                   Row{sigill, ill_illtrp, "ILL_ILLTRP"},
                                   Row{sigsegv, segv_maperr, "SEGV_MAPERR"},
                                   Row{sigsegv, segv_accerr, "SEGV_ACCERR"},
                                   Row{sigbus, bus_adraln, "BUS_ADRALN"},
                                   Row{sigbus, bus_adrerr, "BUS_ADRERR"},
                                   Row{sigtrap, trap_brkpt, "TRAP_BRKPT"},
                                   Row{sigtrap, trap_hwbkpt, "TRAP_HWBKPT"}};
  for (const Row& row : rows)
    if (row.code == code && (row.signo == any || row.signo == signo)) return row.name;
  return {};
}

SignalAction default_action(int signo) {
  switch (signo) {
    case sigchld:
    case sigcont:
    case sigurg:
    case sigwinch: return SignalAction::ignore;
    case sigstop:
    case sigtstp:
    case sigttin:
    case sigttou: return SignalAction::stop;
    case sigquit:
    case sigill:
    case sigtrap:
    case sigabrt:
    case sigbus:
    case sigfpe:
    case sigsegv:
    case sigxcpu:
    case sigxfsz:
    case sigsys: return SignalAction::core;
    default: return SignalAction::terminate;
  }
}

void send_signal(task_struct& task, const siginfo& info) {
  cancel_opposites(task, info.signo);
  // A blocked signal stays pending even if it is ignored now: its action may change before it is unblocked.
  const bool blocked = (task.blocked & signal_bit(info.signo)) != 0;
  if (!blocked && has_no_effect(task, info.signo)) return;
  add_pending(task, info);
}

void force_signal(task_struct& task, const siginfo& info) {
  k_sigaction& action = task.sigactions[static_cast<std::size_t>(info.signo)];
  const bool blocked = (task.blocked & signal_bit(info.signo)) != 0;
  if (blocked || action.handler == sig_ign) {
    action.handler = sig_dfl;
    task.blocked &= ~signal_bit(info.signo);
  }
  add_pending(task, info);
}

std::optional<SignalDelivery> take_signal(task_struct& task) {
  while (const std::uint64_t ready = task.pending & ~task.blocked) {
    const std::uint64_t first = (ready & synchronous_signals) != 0 ? ready & synchronous_signals : ready;
    const int signo = (ready & signal_bit(sigkill)) != 0 ? sigkill : lowest_signal(first);
    task.pending &= ~signal_bit(signo);
    if (has_no_effect(task, signo)) continue;
    const std::uint32_t handler = task.sigactions[static_cast<std::size_t>(signo)].handler;
    return SignalDelivery{task.pending_info[static_cast<std::size_t>(signo)], default_action(signo), handler};
  }
  return std::nullopt;
}

void set_sigaction(task_struct& task, int signo, const k_sigaction& action) {
  k_sigaction& slot = task.sigactions[static_cast<std::size_t>(signo)];
  slot = action;
  slot.mask &= ~(signal_bit(sigkill) | signal_bit(sigstop));
  // POSIX: what becomes ignored is discarded, blocked or not.
  if (has_no_effect(task, signo)) task.pending &= ~signal_bit(signo);
}

void set_blocked(task_struct& task, std::uint64_t mask) {
  task.blocked = mask & ~(signal_bit(sigkill) | signal_bit(sigstop));
}

}  // namespace lpaemu::kernel
