// A directory handle that names cannot leave. [linux Documentation/filesystems/path-lookup.rst]
#include "lpaemu/emu/host/host_dir.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "host_errno.h"
#include "host_file.h"

namespace lpaemu::emu {

namespace {

using kernel::Errno;
using kernel::Result;

/// One component, and none that leads up or stays: the walk of a path is the guest's.
Result<std::string> component(std::string_view name) {
  const bool dots = name == "." || name == "..";
  if (name.empty() || dots || name.find('/') != std::string_view::npos || name.find('\0') != std::string_view::npos) {
    return unexpected(Errno::einval);
  }
  return std::string{name};
}

/// The same, but "." is allowed: an attribute of the directory itself.
Result<std::string> component_or_self(std::string_view name) {
  if (name == ".") return std::string{name};
  return component(name);
}

Result<void> done(int result) {
  if (result != 0) return last_error();
  return {};
}

timespec to_timespec(std::int64_t ns) {
  constexpr std::int64_t second = 1'000'000'000;
  std::int64_t rest = ns % second;
  if (rest < 0) rest += second;
  return timespec{static_cast<time_t>((ns - rest) / second), static_cast<long>(rest)};
}

kernel::FileType type_of(const dirent& entry) {
  // DT_* are the file type bits of the mode, shifted. [linux include/linux/fs_types.h]
  return to_file_type(static_cast<mode_t>(DTTOIF(entry.d_type)));
}

class PosixDir final : public kernel::HostDir {
 public:
  explicit PosixDir(UniqueFd fd) : fd_{std::move(fd)} {}

  [[nodiscard]] Result<kernel::HostStat> stat() const override {
    struct stat stat{};
    LPAEMU_TRY_VOID(done(::fstat(fd_.get(), &stat)));
    return to_host_stat(stat);
  }

  [[nodiscard]] Result<kernel::HostStat> stat(std::string_view name) const override {
    LPAEMU_TRY(child, component(name));
    struct stat stat{};
    LPAEMU_TRY_VOID(done(::fstatat(fd_.get(), child.c_str(), &stat, AT_SYMLINK_NOFOLLOW)));
    return to_host_stat(stat);
  }

  [[nodiscard]] Result<std::unique_ptr<kernel::HostFile>> open_file(std::string_view name, kernel::HostOpen how,
                                                                    std::uint32_t mode) override;
  [[nodiscard]] Result<std::unique_ptr<kernel::HostDir>> open_dir(std::string_view name) override;
  [[nodiscard]] Result<std::string> readlink(std::string_view name) const override;
  [[nodiscard]] Result<std::vector<kernel::HostDirEntry>> read_entries() const override;

  [[nodiscard]] Result<void> mkdir(std::string_view name, std::uint32_t mode) override {
    LPAEMU_TRY(child, component(name));
    return done(::mkdirat(fd_.get(), child.c_str(), mode));
  }
  [[nodiscard]] Result<void> unlink(std::string_view name) override {
    LPAEMU_TRY(child, component(name));
    return done(::unlinkat(fd_.get(), child.c_str(), 0));
  }
  [[nodiscard]] Result<void> rmdir(std::string_view name) override {
    LPAEMU_TRY(child, component(name));
    return done(::unlinkat(fd_.get(), child.c_str(), AT_REMOVEDIR));
  }
  [[nodiscard]] Result<void> symlink(std::string_view name, std::string_view target) override {
    LPAEMU_TRY(child, component(name));
    return done(::symlinkat(std::string{target}.c_str(), fd_.get(), child.c_str()));
  }
  [[nodiscard]] Result<void> rename(std::string_view name, HostDir& to, std::string_view new_name) override;
  [[nodiscard]] Result<void> link(std::string_view name, HostDir& to, std::string_view new_name) override;
  [[nodiscard]] Result<void> chmod(std::string_view name, std::uint32_t mode) override {
    LPAEMU_TRY(child, component_or_self(name));
    return done(::fchmodat(fd_.get(), child.c_str(), mode, AT_SYMLINK_NOFOLLOW));
  }
  [[nodiscard]] Result<void> set_times(std::string_view name, std::int64_t atime_ns, std::int64_t mtime_ns) override {
    LPAEMU_TRY(child, component_or_self(name));
    const std::array<timespec, 2> times{to_timespec(atime_ns), to_timespec(mtime_ns)};
    return done(::utimensat(fd_.get(), child.c_str(), times.data(), AT_SYMLINK_NOFOLLOW));
  }

 private:
  UniqueFd fd_;
};

Result<std::unique_ptr<kernel::HostFile>> PosixDir::open_file(std::string_view name, kernel::HostOpen how,
                                                              std::uint32_t mode) {
  LPAEMU_TRY(child, component(name));
  int flags = O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  if (how == kernel::HostOpen::create_exclusive) {
    flags |= O_RDWR | O_CREAT | O_EXCL;
  } else {
    // Asked before the open: the mere open of a device may do something. A swap in between is caught behind it.
    LPAEMU_TRY(before, stat(name));
    if (before.type != kernel::FileType::regular) return unexpected(Errno::eacces);
    flags |= how == kernel::HostOpen::read_write ? O_RDWR : O_RDONLY;
  }
  UniqueFd fd{::openat(fd_.get(), child.c_str(), flags, mode)};
  if (!fd.valid()) return last_error();
  return make_host_file(std::move(fd));
}

Result<std::unique_ptr<kernel::HostDir>> PosixDir::open_dir(std::string_view name) {
  LPAEMU_TRY(child, component(name));
  UniqueFd fd{::openat(fd_.get(), child.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
  if (!fd.valid()) return last_error();
  return std::make_unique<PosixDir>(std::move(fd));
}

Result<std::string> PosixDir::readlink(std::string_view name) const {
  LPAEMU_TRY(child, component(name));
  std::array<char, 4096> buffer;  // PATH_MAX: no target is longer
  const ssize_t length = ::readlinkat(fd_.get(), child.c_str(), buffer.data(), buffer.size());
  if (length < 0) return last_error();
  return std::string{buffer.data(), static_cast<std::size_t>(length)};
}

Result<std::vector<kernel::HostDirEntry>> PosixDir::read_entries() const {
  const int fd = ::openat(fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return last_error();
  const std::unique_ptr<DIR, int (*)(DIR*)> dir{::fdopendir(fd), ::closedir};
  if (!dir) {
    const UniqueFd closes{fd};
    return last_error();
  }
  std::vector<kernel::HostDirEntry> entries;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(dir.get());
    if (!entry) break;
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    kernel::FileType type = type_of(*entry);
    if (entry->d_type == DT_UNKNOWN) {  // some file systems do not say
      if (const auto asked = stat(name)) type = asked->type;
    }
    entries.push_back(kernel::HostDirEntry{std::string{name}, type, entry->d_ino});
  }
  if (errno != 0) return last_error();
  return entries;
}

Result<void> PosixDir::rename(std::string_view name, HostDir& to, std::string_view new_name) {
  LPAEMU_TRY(from, component(name));
  LPAEMU_TRY(target, component(new_name));
  const auto* dir = dynamic_cast<const PosixDir*>(&to);
  if (!dir) return unexpected(Errno::exdev);
  return done(::renameat(fd_.get(), from.c_str(), dir->fd_.get(), target.c_str()));
}

Result<void> PosixDir::link(std::string_view name, HostDir& to, std::string_view new_name) {
  LPAEMU_TRY(from, component(name));
  LPAEMU_TRY(target, component(new_name));
  const auto* dir = dynamic_cast<const PosixDir*>(&to);
  if (!dir) return unexpected(Errno::exdev);
  return done(::linkat(fd_.get(), from.c_str(), dir->fd_.get(), target.c_str(), 0));
}

}  // namespace

Expected<std::unique_ptr<kernel::HostDir>, Error> open_host_dir(const std::string& path) {
  UniqueFd fd{::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  if (!fd.valid()) return unexpected(Error{fmt::format("cannot open directory '{}': {}", path, errno_text(errno))});
  return std::make_unique<PosixDir>(std::move(fd));
}

}  // namespace lpaemu::emu
