// Clocks, sleeping, resource usage. [linux kernel/time/posix-timers.c, posix-cpu-timers.c, kernel/sys.c]
#include "handlers.h"
#include "timespec.h"

namespace lpaemu::kernel {
namespace {

// [linux include/uapi/linux/time.h]
enum class ClockId : std::int32_t {
  realtime = 0,
  monotonic = 1,
  process_cputime = 2,
  thread_cputime = 3,
  monotonic_raw = 4,
  realtime_coarse = 5,
  monotonic_coarse = 6,
  boottime = 7,
  realtime_alarm = 8,
  boottime_alarm = 9,
  tai = 11,
};
constexpr std::int64_t coarse_resolution_ns = 4'000'000;  // HZ=250

/// A clock id below 0 holds the complement of a pid and which of the CPU clocks. [linux include/linux/posix-timers.h]
Result<ClockId> resolve_cpu_clock(const task_struct& task, std::int32_t id) {
  constexpr std::int32_t per_thread = 4, which_mask = 3, clock_fd = 3, pid_shift = 3;
  if ((id & which_mask) == clock_fd) return unexpected(Errno::einval);
  const std::int32_t pid = ~(id >> pid_shift);
  if (pid != 0 && pid != task.pid && pid != task.tgid) return unexpected(Errno::einval);
  return (id & per_thread) != 0 ? ClockId::thread_cputime : ClockId::process_cputime;
}

Result<ClockId> resolve_clock(const task_struct& task, std::int32_t id) {
  if (id < 0) return resolve_cpu_clock(task, id);
  constexpr std::int32_t hole = 10;  // CLOCK_SGI_CYCLE
  if (id == hole || id > static_cast<std::int32_t>(ClockId::tai)) return unexpected(Errno::einval);
  return static_cast<ClockId>(id);
}

Nanoseconds read_clock(Host& host, ClockId clock) {
  switch (clock) {
    case ClockId::realtime:
    case ClockId::realtime_coarse:
    case ClockId::realtime_alarm:
    case ClockId::tai: return host.realtime();
    case ClockId::process_cputime:
    case ClockId::thread_cputime: return host.cpu_time();
    case ClockId::monotonic:
    case ClockId::monotonic_raw:
    case ClockId::monotonic_coarse:
    case ClockId::boottime:
    case ClockId::boottime_alarm: return host.monotonic();
  }
  return {};
}

template <class Timespec>
SyscallResult do_clock_gettime(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY(clock, resolve_clock(task, args.s32(0)));
  LPAEMU_TRY_VOID(put_user(*task.mm, args.addr(1), to_timespec<Timespec>(read_clock(task.kernel->host(), clock))));
  return 0;
}

template <class Timespec>
SyscallResult do_clock_getres(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY(clock, resolve_clock(task, args.s32(0)));
  const bool coarse = clock == ClockId::realtime_coarse || clock == ClockId::monotonic_coarse;
  const Nanoseconds resolution{coarse ? coarse_resolution_ns : 1};
  if (args[1] != 0) LPAEMU_TRY_VOID(put_user(*task.mm, args.addr(1), to_timespec<Timespec>(resolution)));
  return 0;
}

/// Only the host ends a sleep early, and then the call is made again: the remaining time is never stored.
/// [linux kernel/time/hrtimer.c:hrtimer_nanosleep]
template <class Timespec>
SyscallResult do_nanosleep(task_struct& task, VirtAddr request) {
  if (request.raw() == 0) return unexpected(Errno::efault);
  LPAEMU_TRY(deadline, deadline_from_user<Timespec>(task, request));
  LPAEMU_TRY_VOID(wait_until(*task.kernel, deadline));
  return 0;
}

template <class Timespec>
SyscallResult do_clock_nanosleep(task_struct& task, const SyscallArgs& args) {
  constexpr std::uint32_t timer_abstime = 1;
  LPAEMU_TRY(clock, resolve_clock(task, args.s32(0)));
  if (clock == ClockId::thread_cputime) return unexpected(Errno::einval);
  // Waiting for CPU time that nobody spends; and there is no sleep on the raw and coarse clocks.
  if (clock == ClockId::process_cputime || clock == ClockId::monotonic_raw || clock == ClockId::realtime_coarse ||
      clock == ClockId::monotonic_coarse)
    return unexpected(Errno::enotsup);
  if ((args[1] & timer_abstime) == 0) return do_nanosleep<Timespec>(task, args.addr(2));

  LPAEMU_TRY(time, get_user<Timespec>(*task.mm, args.addr(2)));
  LPAEMU_TRY(until, to_duration(time));
  Host& host = task.kernel->host();
  const Nanoseconds left = until - read_clock(host, clock);
  if (left <= Nanoseconds::zero()) return 0;
  const Nanoseconds now = host.monotonic();
  LPAEMU_TRY_VOID(wait_until(*task.kernel, left > Nanoseconds::max() - now ? Nanoseconds::max() : now + left));
  return 0;
}

std::uint32_t ticks(Nanoseconds time) {
  constexpr std::int64_t USER_HZ = 100;
  return static_cast<std::uint32_t>(time.count() / (NSEC_PER_SEC / USER_HZ));
}

}  // namespace

SyscallResult sys_clock_gettime(task_struct& task, const SyscallArgs& args) {
  return do_clock_gettime<abi::timespec32>(task, args);
}
SyscallResult sys_clock_gettime64(task_struct& task, const SyscallArgs& args) {
  return do_clock_gettime<abi::timespec64>(task, args);
}
SyscallResult sys_clock_getres(task_struct& task, const SyscallArgs& args) {
  return do_clock_getres<abi::timespec32>(task, args);
}
SyscallResult sys_clock_getres_time64(task_struct& task, const SyscallArgs& args) {
  return do_clock_getres<abi::timespec64>(task, args);
}

SyscallResult sys_gettimeofday(task_struct& task, const SyscallArgs& args) {
  if (args[0] != 0) LPAEMU_TRY_VOID(put_user(*task.mm, args.addr(0), to_timeval32(task.kernel->host().realtime())));
  if (args[1] != 0) LPAEMU_TRY_VOID(put_user(*task.mm, args.addr(1), abi::timezone{}));
  return 0;
}

SyscallResult sys_nanosleep(task_struct& task, const SyscallArgs& args) {
  return do_nanosleep<abi::timespec32>(task, args.addr(0));
}
SyscallResult sys_clock_nanosleep(task_struct& task, const SyscallArgs& args) {
  return do_clock_nanosleep<abi::timespec32>(task, args);
}
SyscallResult sys_clock_nanosleep_time64(task_struct& task, const SyscallArgs& args) {
  return do_clock_nanosleep<abi::timespec64>(task, args);
}

/// The answer is the time since some start, the CPU time goes to the buffer. [linux kernel/sys.c:sys_times]
SyscallResult sys_times(task_struct& task, const SyscallArgs& args) {
  Host& host = task.kernel->host();
  if (args[0] != 0) {
    const abi::tms tms{
        .utime = static_cast<std::int32_t>(ticks(host.cpu_time())), .stime = 0, .cutime = 0, .cstime = 0};
    LPAEMU_TRY_VOID(put_user(*task.mm, args.addr(0), tms));
  }
  return ticks(host.monotonic());
}

/// [linux kernel/sys.c:getrusage]
SyscallResult sys_getrusage(task_struct& task, const SyscallArgs& args) {
  constexpr std::int32_t RUSAGE_SELF = 0, RUSAGE_CHILDREN = -1, RUSAGE_THREAD = 1;
  const std::int32_t who = args.s32(0);
  if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN && who != RUSAGE_THREAD) return unexpected(Errno::einval);
  abi::rusage usage{};
  if (who != RUSAGE_CHILDREN) {
    const mm_struct& mm = *task.mm;
    constexpr std::uint64_t kib_per_page = mmu::PAGE_SIZE / 1024;
    usage.utime = to_timeval32(task.kernel->host().cpu_time());
    usage.maxrss = static_cast<std::int32_t>(std::max(mm.hiwater_rss, mm.rss.total()) * kib_per_page);
    usage.minflt = static_cast<std::int32_t>(mm.min_flt);
    usage.majflt = static_cast<std::int32_t>(mm.maj_flt);
  }
  LPAEMU_TRY_VOID(put_user(*task.mm, args.addr(1), usage));
  return 0;
}

/// A timer can be disarmed and read; arming one needs signals from outside. [linux kernel/time/itimer.c]
SyscallResult sys_getitimer(task_struct& task, const SyscallArgs& args) {
  constexpr std::uint32_t ITIMER_PROF = 2;
  if (args[0] > ITIMER_PROF) return unexpected(Errno::einval);
  LPAEMU_TRY_VOID(put_user(*task.mm, args.addr(1), abi::itimerval32{}));
  return 0;
}
SyscallResult sys_setitimer(task_struct& task, const SyscallArgs& args) {
  constexpr std::uint32_t ITIMER_PROF = 2;
  abi::itimerval32 value{};
  if (args[1] != 0) {
    LPAEMU_TRY(given, get_user<abi::itimerval32>(*task.mm, args.addr(1)));
    value = given;
  }
  if (args[0] > ITIMER_PROF) return unexpected(Errno::einval);
  const auto valid = [](const abi::timeval32& time) {
    return time.sec >= 0 && time.usec >= 0 && time.usec < USEC_PER_SEC;
  };
  if (!valid(value.value) || !valid(value.interval)) return unexpected(Errno::einval);
  if (value.value.sec != 0 || value.value.usec != 0) return sys_ni_syscall(task, args);
  if (args[2] != 0) LPAEMU_TRY_VOID(put_user(*task.mm, args.addr(2), abi::itimerval32{}));
  return 0;
}

}  // namespace lpaemu::kernel
