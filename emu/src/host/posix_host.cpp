// Clocks, entropy and waiting. The streams are in streams.cpp.
#include "lpaemu/emu/host/posix_host.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "lpaemu/mmu/assert.h"

namespace lpaemu::emu {

namespace {

using kernel::Nanoseconds;

constexpr std::int64_t ns_per_second = 1'000'000'000;

Nanoseconds now(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return Nanoseconds{std::int64_t{time.tv_sec} * ns_per_second + time.tv_nsec};
}

}  // namespace

UniqueFd::~UniqueFd() {
  if (fd_ >= 0) ::close(fd_);
}

PosixHost::PosixHost() : wake_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
  LPAEMU_ASSERT(wake_.valid(), "eventfd: errno {}", errno);
  for (const auto stream : {kernel::Stream::input, kernel::Stream::output, kernel::Stream::error}) {
    kinds_[static_cast<std::size_t>(stream)] = describe(stream);
  }
}

Nanoseconds PosixHost::realtime() { return now(CLOCK_REALTIME); }
Nanoseconds PosixHost::monotonic() { return now(CLOCK_MONOTONIC); }
Nanoseconds PosixHost::cpu_time() { return now(CLOCK_PROCESS_CPUTIME_ID); }

void PosixHost::fill_random(std::span<std::byte> buffer) {
  while (!buffer.empty()) {
    const ssize_t count = ::getrandom(buffer.data(), buffer.size(), 0);
    LPAEMU_ASSERT(count > 0 || errno == EINTR, "getrandom: errno {}", errno);
    if (count > 0) buffer = buffer.subspan(static_cast<std::size_t>(count));
  }
}

// A signal between the check and the poll is not lost: the eventfd is readable by then, and stays so.
kernel::Host::Wake PosixHost::wait(bool for_input, std::optional<Nanoseconds> deadline) {
  while (true) {
    std::array<pollfd, 2> fds{pollfd{wake_.get(), POLLIN, 0}, pollfd{STDIN_FILENO, POLLIN, 0}};
    timespec timeout{};
    if (deadline) {
      const std::int64_t left = std::max<std::int64_t>((*deadline - monotonic()).count(), 0);
      timeout = {static_cast<time_t>(left / ns_per_second), static_cast<long>(left % ns_per_second)};
    }
    const int ready = ::ppoll(fds.data(), for_input ? 2 : 1, deadline ? &timeout : nullptr, nullptr);
    if (interrupted()) return Wake::interrupted;
    if (ready > 0 && fds[1].revents != 0) return Wake::ready;
    if (ready == 0) return Wake::deadline;
    LPAEMU_ASSERT(ready >= 0 || errno == EINTR, "ppoll: errno {}", errno);
  }
}

void PosixHost::interrupt() noexcept {
  const int before = errno;  // the interrupted code may be about to look at it
  interrupted_.store(true, std::memory_order_relaxed);
  const std::uint64_t one = 1;
  // It fails only when the counter is full, and then it is readable anyway.
  [[maybe_unused]] const ssize_t ignored = ::write(wake_.get(), &one, sizeof one);
  errno = before;
}

void PosixHost::clear_interrupt() noexcept {
  if (!interrupted_.exchange(false)) return;
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t ignored = ::read(wake_.get(), &count, sizeof count);
}

}  // namespace lpaemu::emu
