#include "host_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <limits>

#include "host_errno.h"
#include "lpaemu/emu/host/host_dir.h"

namespace lpaemu::emu {

namespace {

using kernel::FileType;
using kernel::Result;

class PosixFile final : public kernel::HostFile {
 public:
  explicit PosixFile(UniqueFd fd) : fd_{std::move(fd)} {}

  [[nodiscard]] Result<std::size_t> pread(std::span<std::byte> buffer, std::uint64_t offset) override {
    if (!fits(offset)) return 0;  // beyond any file
    ssize_t count = 0;
    do count = ::pread(fd_.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
    while (count < 0 && errno == EINTR);
    if (count < 0) return last_error();
    return static_cast<std::size_t>(count);
  }

  [[nodiscard]] Result<std::size_t> pwrite(std::span<const std::byte> data, std::uint64_t offset) override {
    if (!fits(offset)) return unexpected(kernel::Errno::efbig);
    ssize_t count = 0;
    do count = ::pwrite(fd_.get(), data.data(), data.size(), static_cast<off_t>(offset));
    while (count < 0 && errno == EINTR);
    if (count < 0) return last_error();
    return static_cast<std::size_t>(count);
  }

  [[nodiscard]] Result<void> truncate(std::uint64_t size) override {
    if (!fits(size)) return unexpected(kernel::Errno::efbig);
    if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) return last_error();
    return {};
  }

  [[nodiscard]] Result<kernel::HostStat> stat() const override {
    struct stat stat{};
    if (::fstat(fd_.get(), &stat) != 0) return last_error();
    return to_host_stat(stat);
  }

 private:
  static bool fits(std::uint64_t offset) {
    return offset <= static_cast<std::uint64_t>(std::numeric_limits<off_t>::max());
  }

  UniqueFd fd_;
};

std::int64_t nanoseconds(const timespec& time) { return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; }

}  // namespace

FileType to_file_type(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR: return FileType::directory;
    case S_IFLNK: return FileType::symlink;
    case S_IFCHR: return FileType::character_device;
    case S_IFBLK: return FileType::block_device;
    case S_IFIFO: return FileType::fifo;
    case S_IFSOCK: return FileType::socket;
    default: return FileType::regular;
  }
}

kernel::HostStat to_host_stat(const struct stat& stat) {
  kernel::HostStat out;
  out.type = to_file_type(stat.st_mode);
  out.mode = stat.st_mode & 07777;
  out.dev = stat.st_dev;
  out.ino = stat.st_ino;
  out.nlink = static_cast<std::uint32_t>(stat.st_nlink);
  out.size = static_cast<std::uint64_t>(stat.st_size);
  out.atime_ns = nanoseconds(stat.st_atim);
  out.mtime_ns = nanoseconds(stat.st_mtim);
  out.ctime_ns = nanoseconds(stat.st_ctim);
  return out;
}

Result<std::unique_ptr<kernel::HostFile>> make_host_file(UniqueFd fd) {
  struct stat stat{};
  if (::fstat(fd.get(), &stat) != 0) return last_error();
  if (!S_ISREG(stat.st_mode)) return unexpected(kernel::Errno::eacces);
  return std::make_unique<PosixFile>(std::move(fd));
}

Expected<std::unique_ptr<kernel::HostFile>, Error> open_host_file(const std::string& path, kernel::HostOpen how) {
  const int access = how == kernel::HostOpen::read_only ? O_RDONLY : O_RDWR;
  // O_NONBLOCK: the open of a pipe must not wait for its other end.
  UniqueFd fd{::open(path.c_str(), access | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  if (!fd.valid()) return unexpected(Error{fmt::format("cannot open '{}': {}", path, errno_text(errno))});
  auto file = make_host_file(std::move(fd));
  if (!file) return unexpected(Error{fmt::format("cannot use '{}': it is not a regular file", path)});
  return std::move(*file);
}

}  // namespace lpaemu::emu
