#include "lpaemu/emu/host/line_input.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace lpaemu::emu {

Expected<UniqueFd, Error> take_standard_input(const std::string& file) {
  UniqueFd ours{::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)};
  if (!ours.valid()) return unexpected(Error{fmt::format("cannot keep standard input: {}", std::strerror(errno))});
  const UniqueFd guests{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!guests.valid() || ::dup2(guests.get(), STDIN_FILENO) < 0)
    return unexpected(Error{fmt::format("cannot read '{}': {}", file, std::strerror(errno))});
  return ours;
}

void rewind_standard_input() { static_cast<void>(::lseek(STDIN_FILENO, 0, SEEK_SET)); }

// A terminal drops what was typed when it sends a signal: a read() that was told of a line may find none. Only on a
// description of our own can that be no wait without changing what others have open.
LineInput::LineInput(UniqueFd fd, std::function<Woken()> woken) : fd_{std::move(fd)}, woken_{std::move(woken)} {
  if (is_terminal())
    lines_ = UniqueFd{
        ::open(fmt::format("/proc/self/fd/{}", fd_.get()).c_str(), O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)};
}

/// SIGINT is blocked but in ppoll(): none is missed.
bool LineInput::wait() {
  sigset_t interrupt, before;
  sigemptyset(&interrupt);
  sigaddset(&interrupt, SIGINT);
  ::sigprocmask(SIG_BLOCK, &interrupt, &before);
  pollfd ready{.fd = source(), .events = POLLIN, .revents = 0};
  Woken woken = Woken::wait_on;
  do {
    woken = woken_();
    if (woken == Woken::drop_line) pending_.clear();
  } while (woken != Woken::end && ::ppoll(&ready, 1, nullptr, &before) < 0 && errno == EINTR);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  return woken != Woken::end;
}

std::optional<std::string> LineInput::read_line() {
  while (true) {
    if (const std::size_t end = pending_.find('\n'); end != std::string::npos) {
      std::string line = pending_.substr(0, end);
      pending_.erase(0, end + 1);
      return line;
    }
    if (!wait()) return std::nullopt;
    std::array<char, 4096> buffer;
    const ssize_t count = ::read(source(), buffer.data(), buffer.size());
    if (count > 0) {
      pending_.append(buffer.data(), static_cast<std::size_t>(count));
    } else if (count == 0 || (errno != EINTR && errno != EAGAIN)) {
      if (pending_.empty()) return std::nullopt;
      return std::exchange(pending_, {});
    }
  }
}

bool LineInput::is_terminal() const { return ::isatty(fd_.get()) == 1; }

}  // namespace lpaemu::emu
