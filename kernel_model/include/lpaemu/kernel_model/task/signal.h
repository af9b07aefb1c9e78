// Signals: numbers, the pending set, masks, default actions. Delivery to a guest's handler is not modelled yet: such a
// signal ends the run with a note that says so. [linux kernel/signal.c]
#pragma once

#include <optional>
#include <string_view>

#include "lpaemu/kernel_model/task/signal_numbers.h"
#include "lpaemu/kernel_model/task/task.h"

namespace lpaemu::kernel {

inline constexpr std::uint32_t sig_dfl = 0, sig_ign = 1;
inline constexpr std::uint32_t ss_onstack = 1, ss_disable = 2, ss_autodisarm = 0x80000000;
inline constexpr std::uint32_t minsigstksz = 2048;

/// "SIGSEGV", "SIGRT_3"; empty for a number that is no signal.
[[nodiscard]] std::string signal_name(int signo);
/// "SEGV_MAPERR", "SI_USER"; empty for a code without a name.
[[nodiscard]] std::string_view signal_code_name(int signo, int code);

[[nodiscard]] constexpr std::uint64_t signal_bit(int signo) { return std::uint64_t{1} << (signo - 1); }
[[nodiscard]] constexpr bool valid_signal(int signo) { return signo >= 1 && signo <= signal_count; }
/// SIGKILL and SIGSTOP can be neither blocked, ignored nor caught.
[[nodiscard]] constexpr bool sig_kernel_only(int signo) { return signo == sigkill || signo == sigstop; }

enum class SignalAction : std::uint8_t { terminate, core, ignore, stop };
/// What SIG_DFL does. SIGCONT counts as ignored, since nothing is ever stopped here.
[[nodiscard]] SignalAction default_action(int signo);

/// Makes a signal pending, unless it is ignored and not blocked. A second one of a kind that is pending already is
/// lost. Pretend: that holds for real-time signals too, which Linux queues. [linux
/// kernel/signal.c:__send_signal_locked]
void send_signal(task_struct& task, const siginfo& info);

/// A signal that the task itself has caused, by a fault: if it is blocked or ignored the task dies of it all the same.
/// [linux kernel/signal.c:force_sig_info_to_task]
void force_signal(task_struct& task, const siginfo& info);

/// Whether a signal could be delivered now.
[[nodiscard]] inline bool signal_pending(const task_struct& task) { return (task.pending & ~task.blocked) != 0; }

/// Takes pending signals until one has an effect. [linux kernel/signal.c:get_signal]
struct SignalDelivery {
  siginfo info;
  SignalAction action = SignalAction::terminate;  // of SIG_DFL
  std::uint32_t handler = sig_dfl;                // an address: a handler is installed
};
[[nodiscard]] std::optional<SignalDelivery> take_signal(task_struct& task);

/// Installs an action as rt_sigaction does: drops pending instances of what is ignored now.
/// Requires: valid_signal and not sig_kernel_only. [linux kernel/signal.c:do_sigaction]
void set_sigaction(task_struct& task, int signo, const k_sigaction& action);
/// Sets the mask of blocked signals, without SIGKILL and SIGSTOP.
void set_blocked(task_struct& task, std::uint64_t mask);

}  // namespace lpaemu::kernel
