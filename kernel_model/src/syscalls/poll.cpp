// poll and select on the files that there are: streams may wait, all others are always ready. [linux fs/select.c]
#include <functional>
#include <vector>

#include "handlers.h"
#include "lpaemu/kernel_model/task/signal.h"
#include "timespec.h"

namespace lpaemu::kernel {
namespace {

// [linux include/uapi/asm-generic/poll.h]
constexpr std::uint32_t POLLIN = 0x001, POLLPRI = 0x002, POLLOUT = 0x004, POLLERR = 0x008, POLLHUP = 0x010;
constexpr std::uint32_t POLLNVAL = 0x020, POLLRDNORM = 0x040, POLLRDBAND = 0x080, POLLWRNORM = 0x100;
constexpr std::uint32_t POLLWRBAND = 0x200;
constexpr std::uint32_t input_events = POLLIN | POLLRDNORM, output_events = POLLOUT | POLLWRNORM;

/// What the file is ready for. [linux include/linux/poll.h:DEFAULT_POLLMASK]
std::uint32_t ready_events(File& file) {
  if (!file.may_block()) return input_events | output_events;
  std::uint32_t events = 0;
  if (file.readable() && file.ready_to_read()) events |= input_events;
  if (file.writable() && file.ready_to_write()) events |= output_events;
  return events;
}

/// What the sleepers wait for.
struct Interest {
  bool input = false;
  bool output = false;
  void add(File& file, std::uint32_t wanted) {
    if (!file.may_block()) return;
    input |= file.readable() && (wanted & input_events) != 0;
    output |= file.writable() && (wanted & output_events) != 0;
  }
};

/// Looks, sleeps and looks again until `look` finds something or the deadline has passed. `look` answers how many
/// descriptors are ready. ERESTARTSYS when the host interrupts.
SyscallResult poll_loop(task_struct& task, std::optional<Nanoseconds> deadline,
                        const std::function<SyscallResult(Interest&)>& look) {
  Host& host = task.kernel->host();
  // The host can wait for input only: look at output every now and then.
  constexpr Nanoseconds look_again = std::chrono::milliseconds{1};
  while (true) {
    Interest interest;
    LPAEMU_TRY(found, look(interest));
    const Nanoseconds now = host.monotonic();
    if (found != 0 || (deadline && now >= *deadline)) return found;
    std::optional<Nanoseconds> wake = deadline;
    if (interest.output && (!wake || now + look_again < *wake)) wake = now + look_again;
    if (host.wait(interest.input, wake) == Host::Wake::interrupted) return unexpected(Errno::erestartsys);
  }
}

// ---- poll ----------------------------------------------------------------------------------------------------------

/// [linux fs/select.c:do_sys_poll]
SyscallResult do_poll(task_struct& task, VirtAddr array, std::uint32_t count, std::optional<Nanoseconds> deadline) {
  if (count > FdTable::limit) return unexpected(Errno::einval);
  std::vector<abi::pollfd> fds(count);
  if (copy_from_user(*task.mm, std::as_writable_bytes(std::span{fds}), array) != 0) return unexpected(Errno::efault);
  const auto look = [&](Interest& interest) -> SyscallResult {
    std::uint32_t found = 0;
    for (abi::pollfd& entry : fds) {
      entry.revents = 0;
      if (entry.fd < 0) continue;
      const auto file = task.files->get(static_cast<std::uint32_t>(entry.fd));
      const std::uint32_t wanted = entry.events | POLLERR | POLLHUP;
      entry.revents = static_cast<std::uint16_t>(file ? ready_events(**file) & wanted : POLLNVAL);
      if (file) interest.add(**file, wanted);
      if (entry.revents != 0) ++found;
    }
    return found;
  };
  LPAEMU_TRY(found, poll_loop(task, deadline, look));
  for (std::uint32_t i = 0; i < count; ++i) {
    const VirtAddr revents = array + i * std::uint32_t{sizeof(abi::pollfd)} + offsetof(abi::pollfd, revents);
    LPAEMU_TRY_VOID(put_user(*task.mm, revents, fds[i].revents));
  }
  return found;
}

/// A mask for the time of the wait. It may let a pending signal through, which then ends the wait at once.
class TemporaryMask {
 public:
  explicit TemporaryMask(task_struct& task) : task_{task}, old_{task.blocked} {}
  TemporaryMask(const TemporaryMask&) = delete;
  TemporaryMask& operator=(const TemporaryMask&) = delete;
  /// The old mask comes back, but not before a signal that the new one admits has been delivered.
  ~TemporaryMask() {
    if (!signal_pending(task_)) task_.blocked = old_;
  }

  /// [linux kernel/signal.c:set_user_sigmask]
  Result<void> set(VirtAddr pointer, std::uint32_t bytes) {
    constexpr std::uint32_t sigset_bytes = 8;
    if (pointer.raw() == 0) return {};
    if (bytes != sigset_bytes) return unexpected(Errno::einval);
    LPAEMU_TRY(mask, get_user<std::uint64_t>(*task_.mm, pointer));
    set_blocked(task_, mask);
    return {};
  }

 private:
  task_struct& task_;
  std::uint64_t old_;
};

/// A call that returns stores what is left of its timeout. One that cannot be stored is no error.
/// [linux fs/select.c:poll_select_finish]
template <class Time, class Convert>
SyscallResult with_time_left(task_struct& task, SyscallResult result, std::optional<Nanoseconds> deadline,
                             VirtAddr pointer, Convert convert) {
  const bool again = !result && result.error() == Errno::erestartsys;
  if (!deadline || again) return result;
  const Nanoseconds left = std::max(*deadline - task.kernel->host().monotonic(), Nanoseconds::zero());
  static_cast<void>(put_user<Time>(*task.mm, pointer, convert(left)));
  return result;
}

template <class Timespec>
SyscallResult do_ppoll(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY(deadline, deadline_from_user<Timespec>(task, args.addr(2)));
  TemporaryMask mask{task};
  LPAEMU_TRY_VOID(mask.set(args.addr(3), args[4]));
  if (signal_pending(task)) return unexpected(Errno::eintr);
  return with_time_left<Timespec>(task, do_poll(task, args.addr(0), args[1], deadline), deadline, args.addr(2),
                                  to_timespec<Timespec>);
}

// ---- select --------------------------------------------------------------------------------------------------------

constexpr std::uint32_t bits_per_word = 32;
using FdSet = std::vector<std::uint32_t>;

bool test(const FdSet& set, std::uint32_t fd) { return (set[fd / bits_per_word] >> fd % bits_per_word & 1) != 0; }
void add(FdSet& set, std::uint32_t fd) { set[fd / bits_per_word] |= 1U << fd % bits_per_word; }

/// The three sets of select: input, output, exceptions; a null pointer is an empty set.
struct SelectSets {
  std::array<VirtAddr, 3> pointers;
  std::array<FdSet, 3> wanted, ready;

  static Result<SelectSets> read(task_struct& task, const SyscallArgs& args, std::uint32_t count) {
    SelectSets sets;
    const std::size_t words = (count + bits_per_word - 1) / bits_per_word;
    for (std::size_t i = 0; i < sets.pointers.size(); ++i) {
      sets.pointers[i] = args.addr(1 + i);
      sets.wanted[i].assign(words, 0);
      sets.ready[i].assign(words, 0);
      if (sets.pointers[i].raw() == 0) continue;
      if (copy_from_user(*task.mm, std::as_writable_bytes(std::span{sets.wanted[i]}), sets.pointers[i]) != 0)
        return unexpected(Errno::efault);
    }
    return sets;
  }

  Result<void> write(task_struct& task) const {
    for (std::size_t i = 0; i < pointers.size(); ++i) {
      if (pointers[i].raw() == 0) continue;
      if (copy_to_user(*task.mm, pointers[i], std::as_bytes(std::span{ready[i]})) != 0)
        return unexpected(Errno::efault);
    }
    return {};
  }
};

/// [linux fs/select.c:core_sys_select, do_select]
SyscallResult do_select(task_struct& task, const SyscallArgs& args, std::optional<Nanoseconds> deadline) {
  constexpr std::array<std::uint32_t, 3> events{POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR,
                                                POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR, POLLPRI};
  if (args.s32(0) < 0) return unexpected(Errno::einval);
  const std::uint32_t count = std::min(args[0], FdTable::limit);
  LPAEMU_TRY(sets, SelectSets::read(task, args, count));
  const auto look = [&](Interest& interest) -> SyscallResult {
    std::uint32_t found = 0;
    for (std::uint32_t fd = 0; fd < count; ++fd) {
      for (std::size_t i = 0; i < events.size(); ++i) {
        if (!test(sets.wanted[i], fd)) continue;
        const auto file = task.files->get(fd);
        if (!file) return unexpected(Errno::ebadf);
        interest.add(**file, events[i]);
        if ((ready_events(**file) & events[i]) == 0) continue;
        add(sets.ready[i], fd);
        ++found;
      }
    }
    return found;
  };
  LPAEMU_TRY(found, poll_loop(task, deadline, look));
  LPAEMU_TRY_VOID(sets.write(task));
  return found;
}

/// The last argument points to a mask and its size. [linux fs/select.c:do_pselect]
template <class Timespec>
SyscallResult do_pselect6(task_struct& task, const SyscallArgs& args) {
  struct SigsetArg {
    std::uint32_t pointer, bytes;
  };
  SigsetArg sigset{};
  if (args[5] != 0) {
    LPAEMU_TRY(given, get_user<SigsetArg>(*task.mm, args.addr(5)));
    sigset = given;
  }
  LPAEMU_TRY(deadline, deadline_from_user<Timespec>(task, args.addr(4)));
  TemporaryMask mask{task};
  LPAEMU_TRY_VOID(mask.set(VirtAddr{sigset.pointer}, sigset.bytes));
  if (signal_pending(task)) return unexpected(Errno::eintr);
  return with_time_left<Timespec>(task, do_select(task, args, deadline), deadline, args.addr(4), to_timespec<Timespec>);
}

}  // namespace

/// The timeout is in milliseconds; below 0 there is none.
SyscallResult sys_poll(task_struct& task, const SyscallArgs& args) {
  std::optional<Nanoseconds> deadline;
  if (args.s32(2) >= 0) deadline = deadline_after(task, std::chrono::milliseconds{args.s32(2)});
  return do_poll(task, args.addr(0), args[1], deadline);
}
SyscallResult sys_ppoll(task_struct& task, const SyscallArgs& args) { return do_ppoll<abi::timespec32>(task, args); }
SyscallResult sys_ppoll_time64(task_struct& task, const SyscallArgs& args) {
  return do_ppoll<abi::timespec64>(task, args);
}

SyscallResult sys__newselect(task_struct& task, const SyscallArgs& args) {
  std::optional<Nanoseconds> deadline;
  if (args[4] != 0) {
    LPAEMU_TRY(time, get_user<abi::timeval32>(*task.mm, args.addr(4)));
    // Microseconds may be more than a second here.
    if (time.sec < 0 || time.usec < 0) return unexpected(Errno::einval);
    deadline = deadline_after(task, std::chrono::seconds{time.sec} + std::chrono::microseconds{time.usec});
  }
  return with_time_left<abi::timeval32>(task, do_select(task, args, deadline), deadline, args.addr(4), to_timeval32);
}
SyscallResult sys_pselect6(task_struct& task, const SyscallArgs& args) {
  return do_pselect6<abi::timespec32>(task, args);
}
SyscallResult sys_pselect6_time64(task_struct& task, const SyscallArgs& args) {
  return do_pselect6<abi::timespec64>(task, args);
}

}  // namespace lpaemu::kernel
