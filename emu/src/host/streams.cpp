// Descriptors 0, 1 and 2. They may be shared with other programs, so nothing about them is changed: where a call could
// wait, poll is asked first and no more is transferred than is there.
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "host_errno.h"
#include "host_file.h"
#include "lpaemu/emu/host/posix_host.h"

namespace lpaemu::emu {

namespace {

using kernel::FileType;
using kernel::Result;
using kernel::Stream;
using kernel::StreamInfo;

int fd_of(Stream stream) { return static_cast<int>(stream); }

/// A closed descriptor is ready: the call itself says EBADF.
bool ready(int fd, short events) {
  pollfd one{fd, events, 0};
  int count = 0;
  do count = ::poll(&one, 1, 0);
  while (count < 0 && errno == EINTR);
  return count != 0;
}

/// What one write may take so that it does not wait when poll said that there is room: a pipe has a free page then.
/// [linux fs/pipe.c:pipe_poll]
constexpr std::size_t piece_bytes = PIPE_BUF;

bool may_wait(const StreamInfo& info) { return info.type != FileType::regular; }

}  // namespace

StreamInfo PosixHost::describe(Stream stream) const {
  const int fd = fd_of(stream);
  struct stat stat{};
  StreamInfo info;
  if (::fstat(fd, &stat) != 0) return info;
  info.type = to_file_type(stat.st_mode);
  info.is_terminal = ::isatty(fd) == 1;
  info.seekable = info.type == FileType::regular || info.type == FileType::block_device;
  info.append = (::fcntl(fd, F_GETFL) & O_APPEND) != 0;
  return info;
}

StreamInfo PosixHost::stream_info(Stream stream) {
  StreamInfo info = kinds_[static_cast<std::size_t>(stream)];
  struct stat stat{};
  if (info.type == FileType::regular && ::fstat(fd_of(stream), &stat) == 0) {
    info.size = static_cast<std::uint64_t>(stat.st_size);
  }
  winsize size{};
  if (info.is_terminal && ::ioctl(fd_of(stream), TIOCGWINSZ, &size) == 0) {
    info.rows = size.ws_row;
    info.columns = size.ws_col;
  }
  return info;
}

bool PosixHost::stream_ready(Stream stream) { return ready(fd_of(stream), stream == Stream::input ? POLLIN : POLLOUT); }

Result<std::size_t> PosixHost::stream_read(std::span<std::byte> buffer) {
  while (true) {
    if (!ready(STDIN_FILENO, POLLIN)) return unexpected(kernel::Errno::eagain);
    const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR || interrupted()) return last_error();
  }
}

Result<std::size_t> PosixHost::stream_write(Stream stream, std::span<const std::byte> data) {
  const int fd = fd_of(stream);
  const bool careful = may_wait(kinds_[static_cast<std::size_t>(stream)]);
  std::size_t done = 0;
  do {
    if (careful && !ready(fd, POLLOUT)) break;
    const auto piece = data.subspan(done, careful ? std::min(piece_bytes, data.size() - done) : data.size() - done);
    const ssize_t count = ::write(fd, piece.data(), piece.size());
    if (count >= 0) {
      done += static_cast<std::size_t>(count);
      if (!careful) break;
    } else if (errno != EINTR || interrupted()) {
      if (done != 0) return done;  // the next call meets the error again
      return last_error();
    }
  } while (done < data.size());
  if (done == 0 && !data.empty()) return unexpected(kernel::Errno::eagain);
  return done;
}

Result<std::uint64_t> PosixHost::stream_seek(Stream stream, std::int64_t offset, int whence) {
  constexpr std::array<int, 5> whences{SEEK_SET, SEEK_CUR, SEEK_END, SEEK_DATA, SEEK_HOLE};
  if (whence < 0 || static_cast<std::size_t>(whence) >= whences.size()) return unexpected(kernel::Errno::einval);
  const off_t position = ::lseek(fd_of(stream), offset, whences[static_cast<std::size_t>(whence)]);
  if (position < 0) return last_error();
  return static_cast<std::uint64_t>(position);
}

}  // namespace lpaemu::emu
