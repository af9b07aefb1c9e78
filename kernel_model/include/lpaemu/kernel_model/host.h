// Port: what the kernel model asks of the machine it runs on. emu/host implements it; tests use a fake.
// The kernel model opens nothing itself: it gets directory handles and streams here, and can reach nothing else.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lpaemu/kernel_model/errno.h"

namespace lpaemu::kernel {

using Nanoseconds = std::chrono::nanoseconds;

enum class FileType : std::uint8_t { regular, directory, symlink, character_device, block_device, fifo, socket };

/// The part of struct stat that both worlds share.
struct HostStat {
  FileType type = FileType::regular;
  std::uint32_t mode = 0;  // permission bits only
  std::uint64_t dev = 0;
  std::uint64_t ino = 0;
  std::uint32_t nlink = 1;
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::int64_t ctime_ns = 0;
  std::int64_t atime_ns = 0;
};

/// A name in a directory of the host; no ".", no "..".
struct HostDirEntry {
  std::string name;
  FileType type = FileType::regular;
  std::uint64_t ino = 0;
};

/// An open regular file of the host. Offsets and sizes in bytes; errors are the host's.
class HostFile {
 public:
  virtual ~HostFile() = default;
  /// How many bytes were read: fewer than asked at the end of the file, 0 beyond it.
  [[nodiscard]] virtual Result<std::size_t> pread(std::span<std::byte> buffer, std::uint64_t offset) = 0;
  /// How many bytes were written; extends the file. EFBIG beyond what the host can address.
  [[nodiscard]] virtual Result<std::size_t> pwrite(std::span<const std::byte> data, std::uint64_t offset) = 0;
  /// Sets the size, in either direction.
  [[nodiscard]] virtual Result<void> truncate(std::uint64_t size) = 0;
  [[nodiscard]] virtual Result<HostStat> stat() const = 0;
};

/// How open_file opens: `create_exclusive` makes the file, EEXIST where there is one.
enum class HostOpen : std::uint8_t { read_only, read_write, create_exclusive };

/// An open directory of the host. Names are single components; nothing follows a symbolic link or leaves the directory.
/// EINVAL for "", "..", a name with a slash; "." is the directory itself, for chmod and set_times only. What is neither
/// a regular file nor a directory cannot be opened: EACCES, so that a pipe or device never makes lpaemu wait.
class HostDir {
 public:
  virtual ~HostDir() = default;
  /// Of the directory itself, and of what `name` is: ENOENT.
  [[nodiscard]] virtual Result<HostStat> stat() const = 0;
  [[nodiscard]] virtual Result<HostStat> stat(std::string_view name) const = 0;
  /// `mode` counts for create_exclusive only.
  [[nodiscard]] virtual Result<std::unique_ptr<HostFile>> open_file(std::string_view name, HostOpen how,
                                                                    std::uint32_t mode) = 0;
  [[nodiscard]] virtual Result<std::unique_ptr<HostDir>> open_dir(std::string_view name) = 0;
  /// The text of a symbolic link: EINVAL for anything else.
  [[nodiscard]] virtual Result<std::string> readlink(std::string_view name) const = 0;
  /// In the host's order.
  [[nodiscard]] virtual Result<std::vector<HostDirEntry>> read_entries() const = 0;
  // The calls of POSIX that change a directory. Only made where the guest was given the right to write.
  [[nodiscard]] virtual Result<void> mkdir(std::string_view name, std::uint32_t mode) = 0;
  [[nodiscard]] virtual Result<void> unlink(std::string_view name) = 0;
  [[nodiscard]] virtual Result<void> rmdir(std::string_view name) = 0;
  [[nodiscard]] virtual Result<void> symlink(std::string_view name, std::string_view target) = 0;
  [[nodiscard]] virtual Result<void> rename(std::string_view name, HostDir& to, std::string_view new_name) = 0;
  [[nodiscard]] virtual Result<void> chmod(std::string_view name, std::uint32_t mode) = 0;
  [[nodiscard]] virtual Result<void> link(std::string_view name, HostDir& to, std::string_view new_name) {
    (void)name, (void)to, (void)new_name;
    return unexpected(Errno::eperm);
  }
  [[nodiscard]] virtual Result<void> set_times(std::string_view name, std::int64_t atime_ns, std::int64_t mtime_ns) {
    (void)name, (void)atime_ns, (void)mtime_ns;
    return unexpected(Errno::eperm);
  }
};

/// Guest descriptors 0, 1 and 2.
enum class Stream : std::uint8_t { input, output, error };

/// What a standard stream is connected to.
struct StreamInfo {
  FileType type = FileType::fifo;
  bool is_terminal = false;
  bool seekable = false;
  bool append = false;                  // opened with O_APPEND
  std::uint64_t size = 0;               // of a regular file
  std::uint16_t rows = 0, columns = 0;  // of a terminal
};

/// Clocks, entropy, the standard streams and the one place where lpaemu waits.
class Host {
 public:
  Host() = default;
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  virtual ~Host() = default;

  [[nodiscard]] virtual Nanoseconds realtime() = 0;   // since the epoch
  [[nodiscard]] virtual Nanoseconds monotonic() = 0;  // since some start
  [[nodiscard]] virtual Nanoseconds cpu_time() = 0;   // of this process
  virtual void fill_random(std::span<std::byte> buffer) = 0;

  [[nodiscard]] virtual StreamInfo stream_info(Stream stream) = 0;
  /// Whether a read (input) or a write would not wait.
  [[nodiscard]] virtual bool stream_ready(Stream stream) = 0;
  [[nodiscard]] virtual Result<std::size_t> stream_read(std::span<std::byte> buffer) = 0;
  [[nodiscard]] virtual Result<std::size_t> stream_write(Stream stream, std::span<const std::byte> data) = 0;

  /// lseek on a seekable stream, whose position belongs to the host (other programs may share it): ESPIPE by default.
  [[nodiscard]] virtual Result<std::uint64_t> stream_seek(Stream stream, std::int64_t offset, int whence) {
    (void)stream, (void)offset, (void)whence;
    return unexpected(Errno::espipe);
  }

  enum class Wake : std::uint8_t { ready, deadline, interrupted };
  /// Sleeps until `input` has something (when asked for), the deadline (on the monotonic clock) passes, or somebody
  /// wants lpaemu itself to stop (`interrupted`: --timeout, SIGINT, SIGTERM). Called from the outer loop only.
  [[nodiscard]] virtual Wake wait(bool for_input, std::optional<Nanoseconds> deadline) = 0;
  /// Whether somebody wants lpaemu itself to stop: a long transfer then ends with what it has done, as for a signal.
  [[nodiscard]] virtual bool interrupted() const { return false; }
};

}  // namespace lpaemu::kernel
