#include "lpaemu/emu/host/line_input.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
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

std::optional<std::string> LineInput::read_line() {
  while (true) {
    if (const std::size_t end = pending_.find('\n'); end != std::string::npos) {
      std::string line = pending_.substr(0, end);
      pending_.erase(0, end + 1);
      return line;
    }
    std::array<char, 4096> buffer;
    const ssize_t count = ::read(fd_.get(), buffer.data(), buffer.size());
    if (count > 0) {
      pending_.append(buffer.data(), static_cast<std::size_t>(count));
    } else if (count == 0 || errno != EINTR) {
      if (pending_.empty()) return std::nullopt;
      return std::exchange(pending_, {});
    }
  }
}

bool LineInput::is_terminal() const { return ::isatty(fd_.get()) == 1; }

}  // namespace lpaemu::emu
