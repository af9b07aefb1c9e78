// futex for one task: nobody else waits and nobody else wakes. [linux kernel/futex/syscalls.c, waitwake.c]
#include "handlers.h"
#include "timespec.h"

namespace lpaemu::kernel {
namespace {

// [linux include/uapi/linux/futex.h]
enum class FutexOp : std::uint32_t {
  wait = 0,
  wake = 1,
  requeue = 3,
  cmp_requeue = 4,
  wait_bitset = 9,
  wake_bitset = 10,
};
constexpr std::uint32_t FUTEX_PRIVATE_FLAG = 128, FUTEX_CLOCK_REALTIME = 256;

/// [linux kernel/futex/core.c:get_futex_key]
Result<void> check_address(VirtAddr uaddr) {
  if (uaddr.raw() % sizeof(std::uint32_t) != 0) return unexpected(Errno::einval);
  if (uaddr >= TASK_SIZE) return unexpected(Errno::efault);
  return {};
}

/// FUTEX_WAIT takes a duration, FUTEX_WAIT_BITSET a point in time. [linux kernel/futex/futex.h:futex_init_timeout]
template <class Timespec>
Result<std::optional<Nanoseconds>> wait_deadline(task_struct& task, const SyscallArgs& args, FutexOp op) {
  if (op == FutexOp::wait || args[3] == 0) return deadline_from_user<Timespec>(task, args.addr(3));
  LPAEMU_TRY(time, get_user<Timespec>(*task.mm, args.addr(3)));
  LPAEMU_TRY(until, to_duration(time));
  if ((args[1] & FUTEX_CLOCK_REALTIME) == 0) return until;
  return deadline_after(task, std::max(until - task.kernel->host().realtime(), Nanoseconds::zero()));
}

template <class Timespec>
SyscallResult futex_wait(task_struct& task, const SyscallArgs& args, FutexOp op) {
  if (op == FutexOp::wait_bitset && args[5] == 0) return unexpected(Errno::einval);
  LPAEMU_TRY(deadline, wait_deadline<Timespec>(task, args, op));
  LPAEMU_TRY_VOID(check_address(args.addr(0)));
  LPAEMU_TRY(value, get_user<std::uint32_t>(*task.mm, args.addr(0)));
  if (value != args[2]) return unexpected(Errno::eagain);
  LPAEMU_TRY_VOID(wait_until(*task.kernel, deadline));
  return unexpected(Errno::etimedout);
}

template <class Timespec>
SyscallResult do_futex(task_struct& task, const SyscallArgs& args) {
  const FutexOp op{args[1] & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME)};
  const bool realtime = (args[1] & FUTEX_CLOCK_REALTIME) != 0;
  if (realtime && op != FutexOp::wait_bitset) return unexpected(Errno::enosys);
  switch (op) {
    case FutexOp::wait:
    case FutexOp::wait_bitset: return futex_wait<Timespec>(task, args, op);
    case FutexOp::wake_bitset:
      if (args[5] == 0) return unexpected(Errno::einval);
      [[fallthrough]];
    case FutexOp::wake:
    case FutexOp::requeue: {
      LPAEMU_TRY_VOID(check_address(args.addr(0)));
      return 0;
    }
    case FutexOp::cmp_requeue: {
      LPAEMU_TRY_VOID(check_address(args.addr(0)));
      LPAEMU_TRY(value, get_user<std::uint32_t>(*task.mm, args.addr(0)));
      if (value != args[5]) return unexpected(Errno::eagain);
      return 0;
    }
  }
  return unexpected(Errno::enosys);
}

}  // namespace

SyscallResult sys_futex(task_struct& task, const SyscallArgs& args) { return do_futex<abi::timespec32>(task, args); }
SyscallResult sys_futex_time64(task_struct& task, const SyscallArgs& args) {
  return do_futex<abi::timespec64>(task, args);
}

}  // namespace lpaemu::kernel
