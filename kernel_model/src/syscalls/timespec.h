// Times in user memory, in the 32-bit and the 64-bit form. [linux kernel/time/time.c]
#pragma once

#include <algorithm>

#include "abi.h"
#include "common.h"

namespace lpaemu::kernel {

inline constexpr std::int64_t NSEC_PER_SEC = 1'000'000'000;
inline constexpr std::int64_t USEC_PER_SEC = 1'000'000;

/// KTIME_MAX as whole seconds: what is longer is as good as for ever. [linux include/linux/ktime.h:ktime_set]
inline constexpr std::int64_t KTIME_SEC_MAX = 9223372036;

/// [linux include/linux/time64.h:timespec64_valid] EINVAL otherwise.
template <class Timespec>
[[nodiscard]] Result<Nanoseconds> to_duration(const Timespec& time) {
  if (time.sec < 0 || time.nsec < 0 || time.nsec >= NSEC_PER_SEC) return unexpected(Errno::einval);
  if (time.sec >= KTIME_SEC_MAX) return Nanoseconds::max();
  return Nanoseconds{time.sec * NSEC_PER_SEC + time.nsec};
}

template <class Timespec>
[[nodiscard]] Timespec to_timespec(Nanoseconds time) {
  using Seconds = decltype(Timespec::sec);
  using Nanos = decltype(Timespec::nsec);
  return Timespec{static_cast<Seconds>(time.count() / NSEC_PER_SEC), static_cast<Nanos>(time.count() % NSEC_PER_SEC)};
}

[[nodiscard]] inline abi::timeval32 to_timeval32(Nanoseconds time) {
  return {static_cast<std::int32_t>(time.count() / NSEC_PER_SEC),
          static_cast<std::int32_t>(time.count() % NSEC_PER_SEC / (NSEC_PER_SEC / USEC_PER_SEC))};
}

/// The deadline, on the monotonic clock, of a call that waits for `duration`. A call that is made again after an
/// interruption keeps the deadline of the first time. [linux include/linux/restart_block.h]
[[nodiscard]] inline Nanoseconds deadline_after(task_struct& task, Nanoseconds duration) {
  if (!task.restart_deadline) {
    const Nanoseconds now = task.kernel->host().monotonic();
    task.restart_deadline = duration > Nanoseconds::max() - now ? Nanoseconds::max() : now + duration;
  }
  return *task.restart_deadline;
}

/// A timeout argument of a call that waits: nothing for a null pointer.
template <class Timespec>
[[nodiscard]] Result<std::optional<Nanoseconds>> deadline_from_user(task_struct& task, VirtAddr pointer) {
  if (pointer.raw() == 0) return std::nullopt;
  LPAEMU_TRY(time, get_user<Timespec>(*task.mm, pointer));
  LPAEMU_TRY(duration, to_duration(time));
  return deadline_after(task, duration);
}

}  // namespace lpaemu::kernel
