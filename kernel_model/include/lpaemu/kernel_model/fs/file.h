// Inodes and open files. [linux include/linux/fs.h]
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lpaemu/kernel_model/errno.h"
#include "lpaemu/kernel_model/host.h"
#include "lpaemu/kernel_model/mm/page_cache.h"

namespace lpaemu::kernel {

class Inode;
class File;
struct task_struct;

/// A place in the tree: an inode and its absolute path with no symbolic link, "." or ".." in it.
struct Path {
  std::shared_ptr<Inode> inode;
  std::string text;
};

// Values of the ARM ABI. [linux arch/arm/include/uapi/asm/fcntl.h, include/uapi/asm-generic/fcntl.h]
inline constexpr std::uint32_t O_ACCMODE = 03, O_RDONLY = 00, O_WRONLY = 01, O_RDWR = 02;
inline constexpr std::uint32_t O_CREAT = 0100, O_EXCL = 0200, O_NOCTTY = 0400, O_TRUNC = 01000, O_APPEND = 02000;
inline constexpr std::uint32_t O_NONBLOCK = 04000, O_DIRECTORY = 040000, O_NOFOLLOW = 0100000;
inline constexpr std::uint32_t O_DIRECT = 0200000, O_LARGEFILE = 0400000, O_CLOEXEC = 02000000, O_PATH = 010000000;
inline constexpr std::uint32_t O_NOATIME = 01000000, O_TMPFILE = 020000000 | O_DIRECTORY;

// Permission bits beyond rwxrwxrwx. [linux include/uapi/linux/stat.h]
inline constexpr std::uint32_t S_ISUID = 04000, S_ISGID = 02000, S_ISVTX = 01000, S_IALLUGO = 07777;

enum class Whence : std::uint8_t { set, current, end, data, hole };  // SEEK_*, by value

/// A device number as user space sees it in st_dev and st_rdev. [linux include/linux/kdev_t.h:new_encode_dev]
[[nodiscard]] constexpr std::uint64_t make_dev(std::uint32_t major, std::uint32_t minor) {
  return (minor & 0xff) | std::uint64_t{major} << 8 | std::uint64_t{minor & ~0xffU} << 12;
}

/// What stat reports. Times in nanoseconds since the epoch, device numbers as make_dev makes them.
struct Stat {
  FileType type = FileType::regular;
  std::uint32_t mode = 0;  // permission bits
  std::uint64_t dev = 0;
  std::uint64_t ino = 0;
  std::uint32_t nlink = 1;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint64_t rdev = 0;
  std::uint64_t size = 0;
  std::uint32_t blksize = 4096;
  std::int64_t atime_ns = 0;
  std::int64_t mtime_ns = 0;
  std::int64_t ctime_ns = 0;
};

struct DirEntry {
  std::string name;
  FileType type;
  std::uint64_t ino;
  /// Where the entry stands in its directory, 3 or more and below 2^31. It keeps its place while others come and go, so
  /// that a reader who removes what it has read misses nothing. 0: Vfs::readdir numbers the entries.
  std::uint32_t off = 0;
};

/// What statfs reports. Sizes in blocks of `bsize` bytes. [linux include/linux/statfs.h]
struct StatFs {
  std::uint32_t type = 0;  // the magic number of the file system
  std::uint32_t bsize = 4096;
  std::uint64_t blocks = 0, bfree = 0;
  std::uint64_t files = 0, ffree = 0;
};

/// Where a symbolic link leads: a text to walk, or, for the links of /proc/PID (exe, cwd, fd/N), the object itself.
struct LinkTarget {
  std::string text;
  std::optional<Path> jump;  // [linux fs/namei.c:nd_jump_link]
};

/// A file or directory of some file system. Operations that a file system lacks answer as here by default:
/// EROFS for changes, ENOTDIR for lookups in what is no directory, EINVAL for readlink of what is no link.
/// None of them checks permissions: Vfs and the vfs_* functions do.
class Inode : public std::enable_shared_from_this<Inode> {
 public:
  Inode() = default;
  Inode(const Inode&) = delete;
  Inode& operator=(const Inode&) = delete;
  virtual ~Inode() = default;
  [[nodiscard]] virtual Stat stat() = 0;
  /// stat().type, where that is known without asking the host.
  [[nodiscard]] virtual FileType type() { return stat().type; }
  [[nodiscard]] virtual StatFs statfs() { return {}; }
  /// Its file system takes no changes: EROFS before any other check.
  [[nodiscard]] virtual bool read_only() const { return false; }
  /// The directory above this directory, where the file system knows it: "..". Null: the path's text tells.
  [[nodiscard]] virtual std::shared_ptr<Inode> parent() { return nullptr; }
  [[nodiscard]] virtual Result<std::shared_ptr<Inode>> lookup(std::string_view name);
  /// Without "." and "..".
  [[nodiscard]] virtual Result<std::vector<DirEntry>> readdir();
  [[nodiscard]] virtual Result<std::string> readlink();
  /// The same as `reader` sees it (/proc/self), with the object itself where the link is a magic one.
  [[nodiscard]] virtual Result<LinkTarget> get_link(task_struct& reader);
  /// A new open file; `flags` are O_*. `opener` decides what procfs shows.
  [[nodiscard]] virtual Result<std::shared_ptr<File>> open(task_struct& opener, std::uint32_t flags) = 0;
  [[nodiscard]] virtual Result<std::shared_ptr<Inode>> create(std::string_view name, std::uint32_t mode);
  [[nodiscard]] virtual Result<std::shared_ptr<Inode>> mkdir(std::string_view name, std::uint32_t mode);
  [[nodiscard]] virtual Result<void> symlink(std::string_view name, std::string_view target);
  /// A file without a name, for O_TMPFILE: EOPNOTSUPP by default.
  [[nodiscard]] virtual Result<std::shared_ptr<Inode>> tmpfile(std::uint32_t mode);
  [[nodiscard]] virtual Result<void> link(std::string_view name, Inode& target);
  [[nodiscard]] virtual Result<void> unlink(std::string_view name);
  [[nodiscard]] virtual Result<void> rmdir(std::string_view name);
  [[nodiscard]] virtual Result<void> rename(std::string_view name, Inode& to_dir, std::string_view to_name);
  [[nodiscard]] virtual Result<void> truncate(std::uint64_t size);
  [[nodiscard]] virtual Result<void> chmod(std::uint32_t mode);
  [[nodiscard]] virtual Result<void> chown(std::uint32_t uid, std::uint32_t gid);
  [[nodiscard]] virtual Result<void> set_times(std::int64_t atime_ns, std::int64_t mtime_ns);
};

/// An open file description. Positions and flags live here, shared by dup'ed descriptors.
class File : public std::enable_shared_from_this<File> {
 public:
  File(std::shared_ptr<Inode> inode, std::uint32_t flags) : inode_{std::move(inode)}, flags_{flags} {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  virtual ~File() = default;

  [[nodiscard]] Inode& inode() { return *inode_; }
  [[nodiscard]] std::shared_ptr<Inode> inode_ptr() { return inode_; }
  [[nodiscard]] std::uint32_t flags() const { return flags_; }
  void set_flags(std::uint32_t flags) { flags_ = flags; }
  /// Access mode 3 and O_PATH allow neither.
  [[nodiscard]] bool readable() const { return allows(O_RDONLY); }
  [[nodiscard]] bool writable() const { return allows(O_WRONLY); }
  std::uint64_t pos = 0;
  std::string path;  // as it was opened: absolute, without links
  /// The place of an open directory: what openat and fchdir start from.
  [[nodiscard]] Path place() { return Path{inode_, path}; }
  /// `path` as /proc/PID/fd and maps show it: with " (deleted)" once the last name is gone. [linux fs/d_path.c:d_path]
  [[nodiscard]] std::string shown_path();

  /// At `offset`, without moving `pos`. Streams ignore the offset. With O_APPEND a write goes to the end, whatever the
  /// offset (pwrite, too); the new position is the end then.
  [[nodiscard]] virtual Result<std::size_t> read(std::span<std::byte> buffer, std::uint64_t offset);
  [[nodiscard]] virtual Result<std::size_t> write(std::span<const std::byte> data, std::uint64_t offset);
  /// What a read of `count` bytes refuses as a whole, for a caller that reads in pieces: pagemap takes multiples of 8.
  [[nodiscard]] virtual Result<void> check_read(std::size_t count, std::uint64_t offset);
  /// lseek: moves `pos` and answers it. ESPIPE, EINVAL, ENXIO (data, hole). [linux fs/read_write.c]
  [[nodiscard]] virtual Result<std::uint64_t> llseek(std::int64_t offset, Whence whence);
  /// Brings what mappings changed to the host: fsync, msync.
  [[nodiscard]] virtual Result<void> fsync() { return {}; }
  /// Streams: lseek and pread give ESPIPE.
  [[nodiscard]] virtual bool seekable() const { return true; }
  /// Whether lseek takes SEEK_END (pagemap does not). The end is stat().size.
  [[nodiscard]] virtual bool has_end() const { return true; }
  /// The pages for mmap: ENODEV where there are none. Null: map anonymous memory instead (/dev/zero).
  [[nodiscard]] virtual Result<std::shared_ptr<page_cache>> mmap();
  /// Whether writes are taken without a look at the data, as /dev/null does: a bad pointer is then no error.
  /// [linux drivers/char/mem.c:write_null]
  [[nodiscard]] virtual bool discards_writes() const { return false; }
  /// True when a read or write could wait: the call then runs in the outer loop.
  [[nodiscard]] virtual bool may_block() const { return false; }
  [[nodiscard]] virtual bool ready_to_read() { return true; }
  [[nodiscard]] virtual bool ready_to_write() { return true; }
  /// `argp` is a user address in `task`'s memory. ENOTTY by default.
  [[nodiscard]] virtual Result<std::uint32_t> ioctl(task_struct& task, std::uint32_t request, VirtAddr argp);

 private:
  [[nodiscard]] bool allows(std::uint32_t mode) const {
    const std::uint32_t access = flags_ & O_ACCMODE;
    return (flags_ & O_PATH) == 0 && (access == mode || access == O_RDWR);
  }

  std::shared_ptr<Inode> inode_;
  std::uint32_t flags_;
};

}  // namespace lpaemu::kernel
