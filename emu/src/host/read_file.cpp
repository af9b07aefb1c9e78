#include "lpaemu/emu/host/read_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "host_errno.h"
#include "lpaemu/emu/host/unique_fd.h"

namespace lpaemu::emu {

namespace {

Error failure(const std::string& path, std::string_view why) {
  return Error{fmt::format("cannot read '{}': {}", path, why)};
}

}  // namespace

Expected<std::vector<std::byte>, Error> read_file(const std::string& path, std::uint64_t limit) {
  const UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!fd.valid()) return unexpected(failure(path, errno_text(errno)));
  struct stat stat{};
  if (::fstat(fd.get(), &stat) != 0) return unexpected(failure(path, errno_text(errno)));
  if (S_ISDIR(stat.st_mode)) return unexpected(failure(path, "it is a directory"));
  if (!S_ISREG(stat.st_mode)) limit = std::min(limit, largest_stream);
  const std::string too_big = fmt::format("it has more than {} bytes", limit);
  const auto expected = static_cast<std::uint64_t>(std::max<off_t>(stat.st_size, 0));
  if (expected > limit) return unexpected(failure(path, too_big));

  // One byte more than it says, so that the end is seen without another read; a pipe says nothing and grows.
  std::vector<std::byte> bytes(static_cast<std::size_t>(expected) + 1);
  std::size_t done = 0;
  while (true) {
    if (done == bytes.size()) bytes.resize(std::max<std::size_t>(2 * done, 4096));
    const ssize_t count = ::read(fd.get(), bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return unexpected(failure(path, errno_text(errno)));
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
    if (done > limit) return unexpected(failure(path, too_big));
  }
  bytes.resize(done);
  return bytes;
}

}  // namespace lpaemu::emu
