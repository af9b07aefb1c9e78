// Signal calls. Delivery to handlers is not modelled yet: see task/signal.h. [linux kernel/signal.c]
#include "lpaemu/kernel_model/task/signal.h"

#include <utility>

#include "handlers.h"
#include "timespec.h"

namespace lpaemu::kernel {
namespace {

constexpr std::uint32_t sigset_bytes = 8;

std::uint64_t join(const std::array<std::uint32_t, 2>& words) { return words[0] | std::uint64_t{words[1]} << 32; }
std::array<std::uint32_t, 2> split(std::uint64_t mask) {
  return {static_cast<std::uint32_t>(mask), static_cast<std::uint32_t>(mask >> 32)};
}

Result<void> check_sigset_size(std::uint32_t bytes) {
  if (bytes != sigset_bytes) return unexpected(Errno::einval);
  return {};
}

/// [linux kernel/signal.c:do_sigaction]
SyscallResult swap_action(task_struct& task, int signo, const std::optional<k_sigaction>& action, k_sigaction& old) {
  if (!valid_signal(signo) || (action && sig_kernel_only(signo))) return unexpected(Errno::einval);
  old = task.sigactions[static_cast<std::size_t>(signo)];
  if (action) set_sigaction(task, signo, *action);
  return 0;
}

// ---- Masks ---------------------------------------------------------------------------------------------------------

Result<std::uint64_t> combine(std::uint32_t how, std::uint64_t blocked, std::uint64_t set) {
  enum : std::uint32_t { sig_block = 0, sig_unblock = 1, sig_setmask = 2 };
  switch (how) {
    case sig_block: return blocked | set;
    case sig_unblock: return blocked & ~set;
    case sig_setmask: return set;
    default: return unexpected(Errno::einval);
  }
}

// ---- Sending -------------------------------------------------------------------------------------------------------

/// Signal 0 only asks whether the target is there.
SyscallResult send_to_self(task_struct& task, std::int32_t signo, std::int32_t code) {
  if (signo < 0 || signo > signal_count) return unexpected(Errno::einval);
  if (signo != 0) task.kernel->raise({.signo = signo, .code = code, .sender_pid = task.tgid});
  return 0;
}

/// tkill and tgkill. [linux kernel/signal.c:do_tkill]
SyscallResult do_tkill(task_struct& task, std::int32_t tgid, std::int32_t pid, std::int32_t signo) {
  const bool any_group = tgid == 0;
  if ((!any_group && tgid != task.tgid) || pid != task.pid) return unexpected(Errno::esrch);
  return send_to_self(task, signo, si_tkill);
}

/// A sender may claim any negative code but a kill's. [linux kernel/signal.c:do_rt_sigqueueinfo]
SyscallResult queue_info(task_struct& task, std::int32_t signo, VirtAddr pointer) {
  LPAEMU_TRY(info, get_user<abi::siginfo>(*task.mm, pointer));
  return send_to_self(task, signo, info.code);
}

// ---- Waiting -------------------------------------------------------------------------------------------------------

SyscallResult wait_for_signal(task_struct& task) {
  // Nothing but the task itself sends signals, and it is asleep: only the host can end this.
  if (!signal_pending(task)) LPAEMU_TRY_VOID(wait_until(*task.kernel, std::nullopt));
  return unexpected(Errno::eintr);
}

/// Waits with another mask; the old one is back before the call is made again. [linux kernel/signal.c:sigsuspend]
SyscallResult suspend_with(task_struct& task, std::uint64_t mask) {
  const std::uint64_t old = task.blocked;
  set_blocked(task, mask);
  auto result = wait_for_signal(task);
  if (result.error() == Errno::erestartsys) task.blocked = old;
  return result;
}

template <class Timespec>
SyscallResult do_rt_sigtimedwait(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY_VOID(check_sigset_size(args[3]));
  LPAEMU_TRY(words, (get_user<std::array<std::uint32_t, 2>>(*task.mm, args.addr(0))));
  LPAEMU_TRY(deadline, deadline_from_user<Timespec>(task, args.addr(2)));
  const std::uint64_t ready = task.pending & join(words) & ~(signal_bit(sigkill) | signal_bit(sigstop));
  if (ready == 0) {
    LPAEMU_TRY_VOID(wait_until(*task.kernel, deadline));
    return unexpected(Errno::eagain);
  }
  const int signo = std::countr_zero(ready) + 1;
  task.pending &= ~signal_bit(signo);
  const siginfo& info = task.pending_info[static_cast<std::size_t>(signo)];
  if (args[1] != 0) {
    abi::siginfo out{};
    out.signo = info.signo;
    out.code = info.code;
    out.pid_or_addr = info.sender_pid != 0 ? info.sender_pid : static_cast<std::int32_t>(info.addr.raw());
    out.uid = info.sender_pid != 0 ? task.uid : 0;
    LPAEMU_TRY_VOID(put_user(*task.mm, args.addr(1), out));
  }
  return static_cast<std::uint32_t>(signo);
}

}  // namespace

SyscallResult sys_rt_sigaction(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY_VOID(check_sigset_size(args[3]));
  std::optional<k_sigaction> action;
  if (args[1] != 0) {
    LPAEMU_TRY(given, get_user<abi::rt_sigaction>(*task.mm, args.addr(1)));
    action = k_sigaction{given.handler, given.flags, given.restorer, join(given.mask)};
  }
  k_sigaction old;
  LPAEMU_TRY_VOID(swap_action(task, args.s32(0), action, old));
  if (args[2] != 0) {
    const abi::rt_sigaction out{old.handler, old.flags, old.restorer, split(old.mask)};
    LPAEMU_TRY_VOID(put_user(*task.mm, args.addr(2), out));
  }
  return 0;
}

/// The old call knows 32 signals. [linux kernel/signal.c:sys_sigaction]
SyscallResult sys_sigaction(task_struct& task, const SyscallArgs& args) {
  std::optional<k_sigaction> action;
  if (args[1] != 0) {
    LPAEMU_TRY(given, get_user<abi::old_sigaction>(*task.mm, args.addr(1)));
    action = k_sigaction{given.handler, given.flags, given.restorer, given.mask};
  }
  k_sigaction old;
  LPAEMU_TRY_VOID(swap_action(task, args.s32(0), action, old));
  if (args[2] != 0) {
    const abi::old_sigaction out{old.handler, static_cast<std::uint32_t>(old.mask), old.flags, old.restorer};
    LPAEMU_TRY_VOID(put_user(*task.mm, args.addr(2), out));
  }
  return 0;
}

SyscallResult sys_rt_sigprocmask(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY_VOID(check_sigset_size(args[3]));
  const std::uint64_t old = task.blocked;
  if (args[1] != 0) {
    LPAEMU_TRY(words, (get_user<std::array<std::uint32_t, 2>>(*task.mm, args.addr(1))));
    LPAEMU_TRY(mask, combine(args[0], old, join(words)));
    set_blocked(task, mask);
  }
  if (args[2] != 0) LPAEMU_TRY_VOID(put_user(*task.mm, args.addr(2), split(old)));
  return 0;
}

/// Signals above 32 stay as they are, but for SIG_SETMASK. [linux kernel/signal.c:sys_sigprocmask]
SyscallResult sys_sigprocmask(task_struct& task, const SyscallArgs& args) {
  const std::uint64_t old = task.blocked;
  if (args[1] != 0) {
    LPAEMU_TRY(low, get_user<std::uint32_t>(*task.mm, args.addr(1)));
    LPAEMU_TRY(mask, combine(args[0], old, low));
    constexpr std::uint32_t sig_setmask = 2;
    constexpr std::uint64_t high_signals = ~std::uint64_t{0} << 32;
    set_blocked(task, args[0] == sig_setmask ? (old & high_signals) | low : mask);
  }
  if (args[2] != 0) LPAEMU_TRY_VOID(put_user(*task.mm, args.addr(2), static_cast<std::uint32_t>(old)));
  return 0;
}

SyscallResult sys_rt_sigpending(task_struct& task, const SyscallArgs& args) {
  if (args[1] > sigset_bytes) return unexpected(Errno::einval);
  const auto words = split(task.pending & task.blocked);
  if (copy_to_user(*task.mm, args.addr(0), std::as_bytes(std::span{words}).first(args[1])) != 0)
    return unexpected(Errno::efault);
  return 0;
}
SyscallResult sys_sigpending(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY_VOID(put_user(*task.mm, args.addr(0), static_cast<std::uint32_t>(task.pending & task.blocked)));
  return 0;
}

/// [linux kernel/signal.c:do_sigaltstack]
SyscallResult sys_sigaltstack(task_struct& task, const SyscallArgs& args) {
  std::optional<abi::stack_t> fresh;
  if (args[0] != 0) {
    LPAEMU_TRY(given, get_user<abi::stack_t>(*task.mm, args.addr(0)));
    fresh = given;
  }
  const abi::stack_t old{task.alt_stack_sp, static_cast<std::int32_t>(task.alt_stack_flags), task.alt_stack_size};
  if (fresh) {
    const auto flags = static_cast<std::uint32_t>(fresh->flags);
    const std::uint32_t mode = flags & ~ss_autodisarm;
    if (mode != ss_disable && mode != ss_onstack && mode != 0) return unexpected(Errno::einval);
    if (mode == ss_disable) fresh->sp = fresh->size = 0;
    if (mode != ss_disable && fresh->size < minsigstksz) return unexpected(Errno::enomem);
    task.alt_stack_sp = fresh->sp;
    task.alt_stack_size = fresh->size;
    // As it is reported: disabled without a size, and never "on it", since no handler runs.
    task.alt_stack_flags = (flags & ss_autodisarm) | (fresh->size == 0 ? ss_disable : 0);
  }
  if (args[1] != 0) LPAEMU_TRY_VOID(put_user(*task.mm, args.addr(1), old));
  return 0;
}

/// kill(pid, sig): itself, its group, or all processes but itself, of which there are none.
/// [linux kernel/signal.c:kill_something_info]
SyscallResult sys_kill(task_struct& task, const SyscallArgs& args) {
  const std::int32_t pid = args.s32(0);
  const bool own_group = pid == 0 || pid == -task.tgid;
  if (pid == task.tgid || (own_group && pid != -1)) return send_to_self(task, args.s32(1), si_user);
  return unexpected(Errno::esrch);
}
SyscallResult sys_tkill(task_struct& task, const SyscallArgs& args) {
  if (args.s32(0) <= 0) return unexpected(Errno::einval);
  return do_tkill(task, 0, args.s32(0), args.s32(1));
}
SyscallResult sys_tgkill(task_struct& task, const SyscallArgs& args) {
  if (args.s32(0) <= 0 || args.s32(1) <= 0) return unexpected(Errno::einval);
  return do_tkill(task, args.s32(0), args.s32(1), args.s32(2));
}
SyscallResult sys_rt_sigqueueinfo(task_struct& task, const SyscallArgs& args) {
  if (args.s32(0) != task.tgid) return unexpected(Errno::esrch);
  return queue_info(task, args.s32(1), args.addr(2));
}
SyscallResult sys_rt_tgsigqueueinfo(task_struct& task, const SyscallArgs& args) {
  if (args.s32(0) <= 0 || args.s32(1) <= 0) return unexpected(Errno::einval);
  if (args.s32(0) != task.tgid || args.s32(1) != task.pid) return unexpected(Errno::esrch);
  return queue_info(task, args.s32(2), args.addr(3));
}

SyscallResult sys_rt_sigtimedwait(task_struct& task, const SyscallArgs& args) {
  return do_rt_sigtimedwait<abi::timespec32>(task, args);
}
SyscallResult sys_rt_sigtimedwait_time64(task_struct& task, const SyscallArgs& args) {
  return do_rt_sigtimedwait<abi::timespec64>(task, args);
}

SyscallResult sys_pause(task_struct& task, const SyscallArgs&) { return wait_for_signal(task); }
SyscallResult sys_rt_sigsuspend(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY_VOID(check_sigset_size(args[1]));
  LPAEMU_TRY(words, (get_user<std::array<std::uint32_t, 2>>(*task.mm, args.addr(0))));
  return suspend_with(task, join(words));
}
/// The mask is the third argument. [linux kernel/signal.c:sys_sigsuspend]
SyscallResult sys_sigsuspend(task_struct& task, const SyscallArgs& args) { return suspend_with(task, args[2]); }

/// No frame was ever pushed: whatever lies on the stack is none. [linux arch/arm/kernel/signal.c:sys_sigreturn]
SyscallResult sys_sigreturn(task_struct& task, const SyscallArgs& args) {
  task.kernel->force({.signo = sigsegv, .code = si_kernel});
  return args[0];
}
SyscallResult sys_rt_sigreturn(task_struct& task, const SyscallArgs& args) { return sys_sigreturn(task, args); }

}  // namespace lpaemu::kernel
