// Facts about files. [linux fs/stat.c, fs/statfs.c, fs/open.c]
#include <algorithm>
#include <limits>

#include "abi.h"
#include "common.h"
#include "handlers.h"

namespace lpaemu::kernel {
namespace {

constexpr std::uint32_t sector_bytes = 512;
constexpr std::int64_t ns_per_second = 1'000'000'000;

struct SplitTime {
  std::int64_t sec;
  std::uint32_t nsec;
};

/// Seconds round down, so that the nanoseconds are never negative.
SplitTime split(std::int64_t ns) {
  std::int64_t sec = ns / ns_per_second;
  std::int64_t rest = ns % ns_per_second;
  if (rest < 0) --sec, rest += ns_per_second;
  return {sec, static_cast<std::uint32_t>(rest)};
}

/// S_IFMT. [linux include/uapi/linux/stat.h]
std::uint32_t mode_of(const Stat& stat) {
  constexpr std::uint32_t S_IFSOCK = 0140000, S_IFLNK = 0120000, S_IFREG = 0100000, S_IFBLK = 0060000,
                          S_IFDIR = 0040000, S_IFCHR = 0020000, S_IFIFO = 0010000;
  switch (stat.type) {
    case FileType::regular: return stat.mode | S_IFREG;
    case FileType::directory: return stat.mode | S_IFDIR;
    case FileType::symlink: return stat.mode | S_IFLNK;
    case FileType::character_device: return stat.mode | S_IFCHR;
    case FileType::block_device: return stat.mode | S_IFBLK;
    case FileType::fifo: return stat.mode | S_IFIFO;
    case FileType::socket: return stat.mode | S_IFSOCK;
  }
  return stat.mode;
}

std::uint64_t blocks_of(const Stat& stat) {
  if (stat.type != FileType::regular) return 0;
  return (stat.size + sector_bytes - 1) / sector_bytes;
}

abi::stat64 to_stat64(const Stat& stat) {
  abi::stat64 out{};
  out.dev = stat.dev;
  out.old_ino = static_cast<std::uint32_t>(stat.ino);
  out.mode = mode_of(stat);
  out.nlink = stat.nlink;
  out.uid = stat.uid;
  out.gid = stat.gid;
  out.rdev = stat.rdev;
  out.size = static_cast<std::int64_t>(stat.size);
  out.blksize = stat.blksize;
  out.blocks = blocks_of(stat);
  out.atime = static_cast<std::uint32_t>(split(stat.atime_ns).sec);
  out.atime_nsec = split(stat.atime_ns).nsec;
  out.mtime = static_cast<std::uint32_t>(split(stat.mtime_ns).sec);
  out.mtime_nsec = split(stat.mtime_ns).nsec;
  out.ctime = static_cast<std::uint32_t>(split(stat.ctime_ns).sec);
  out.ctime_nsec = split(stat.ctime_ns).nsec;
  out.ino = stat.ino;
  return out;
}

/// The old form has too few bits for much: EOVERFLOW. [linux fs/stat.c:cp_new_stat]
Result<abi::stat> to_stat(const Stat& stat) {
  if (stat.size > std::uint64_t{std::numeric_limits<std::int32_t>::max()}) return unexpected(Errno::eoverflow);
  if (stat.ino > std::numeric_limits<std::uint32_t>::max()) return unexpected(Errno::eoverflow);
  const abi::stat64 wide = to_stat64(stat);
  abi::stat out{};
  out.dev = static_cast<std::uint32_t>(wide.dev);
  out.ino = static_cast<std::uint32_t>(wide.ino);
  out.mode = static_cast<std::uint16_t>(wide.mode);
  out.nlink = static_cast<std::uint16_t>(wide.nlink);
  out.uid = static_cast<std::uint16_t>(wide.uid);
  out.gid = static_cast<std::uint16_t>(wide.gid);
  out.rdev = static_cast<std::uint32_t>(wide.rdev);
  out.size = static_cast<std::uint32_t>(wide.size);
  out.blksize = wide.blksize;
  out.blocks = static_cast<std::uint32_t>(wide.blocks);
  out.atime = wide.atime, out.atime_nsec = wide.atime_nsec;
  out.mtime = wide.mtime, out.mtime_nsec = wide.mtime_nsec;
  out.ctime = wide.ctime, out.ctime_nsec = wide.ctime_nsec;
  return out;
}

std::uint32_t major_of(std::uint64_t dev) { return static_cast<std::uint32_t>(dev >> 8 & 0xfff); }
std::uint32_t minor_of(std::uint64_t dev) { return static_cast<std::uint32_t>((dev & 0xff) | (dev >> 12 & 0xfff00)); }

abi::statx to_statx(const Stat& stat) {
  constexpr std::uint32_t STATX_BASIC_STATS = 0x7ff;
  const auto stamp = [](std::int64_t ns) { return abi::statx_timestamp{split(ns).sec, split(ns).nsec, 0}; };
  abi::statx out{};
  out.mask = STATX_BASIC_STATS;
  out.blksize = stat.blksize;
  out.nlink = stat.nlink;
  out.uid = stat.uid;
  out.gid = stat.gid;
  out.mode = static_cast<std::uint16_t>(mode_of(stat));
  out.ino = stat.ino;
  out.size = stat.size;
  out.blocks = blocks_of(stat);
  out.atime = stamp(stat.atime_ns);
  out.mtime = stamp(stat.mtime_ns);
  out.ctime = stamp(stat.ctime_ns);
  out.rdev_major = major_of(stat.rdev), out.rdev_minor = minor_of(stat.rdev);
  out.dev_major = major_of(stat.dev), out.dev_minor = minor_of(stat.dev);
  return out;
}

SyscallResult store_stat64(task_struct& task, const Stat& stat, VirtAddr to) {
  LPAEMU_TRY_VOID(put_user(*task.mm, to, to_stat64(stat)));
  return 0;
}

SyscallResult store_old_stat(task_struct& task, const Stat& stat, VirtAddr to) {
  LPAEMU_TRY(old, to_stat(stat));
  LPAEMU_TRY_VOID(put_user(*task.mm, to, old));
  return 0;
}

Result<Stat> stat_path(task_struct& task, VirtAddr name, std::uint32_t flags) {
  LPAEMU_TRY(place, lookup_at_user(task, AT_FDCWD, name, flags));
  return place.inode->stat();
}

Result<Stat> stat_fd(task_struct& task, std::uint32_t fd) {
  LPAEMU_TRY(file, fget_raw(task, fd));
  return file->inode().stat();
}

// ---- statfs --------------------------------------------------------------------------------------------------------

constexpr std::uint32_t ST_VALID = 0x20, ST_RDONLY = 1;

Result<abi::statfs64> to_statfs64(Inode& inode) {
  const StatFs facts = inode.statfs();
  abi::statfs64 out{};
  out.type = facts.type;
  out.bsize = out.frsize = facts.bsize;
  out.blocks = facts.blocks;
  out.bfree = out.bavail = facts.bfree;
  out.files = facts.files;
  out.ffree = facts.ffree;
  out.namelen = static_cast<std::uint32_t>(name_max);
  out.flags = ST_VALID | (inode.read_only() ? ST_RDONLY : 0);
  return out;
}

/// [linux arch/arm/kernel/sys_oabi-compat.c, fs/statfs.c: EABI programs pass 84 or 88]
Result<void> check_statfs64_size(std::uint32_t bytes) {
  if (bytes != sizeof(abi::statfs64) && bytes != sizeof(abi::statfs64) + 4) return unexpected(Errno::einval);
  return {};
}

SyscallResult store_statfs(task_struct& task, Inode& inode, VirtAddr to) {
  LPAEMU_TRY(wide, to_statfs64(inode));
  const auto narrow = [](std::uint64_t value) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(value, std::numeric_limits<std::uint32_t>::max()));
  };
  if (std::max({wide.blocks, wide.bfree, wide.files, wide.ffree}) > std::numeric_limits<std::uint32_t>::max())
    return unexpected(Errno::eoverflow);
  const abi::statfs out{.type = wide.type,
                        .bsize = wide.bsize,
                        .blocks = narrow(wide.blocks),
                        .bfree = narrow(wide.bfree),
                        .bavail = narrow(wide.bavail),
                        .files = narrow(wide.files),
                        .ffree = narrow(wide.ffree),
                        .fsid = wide.fsid,
                        .namelen = wide.namelen,
                        .frsize = wide.frsize,
                        .flags = wide.flags,
                        .spare = {}};
  LPAEMU_TRY_VOID(put_user(*task.mm, to, out));
  return 0;
}

SyscallResult store_statfs64(task_struct& task, Inode& inode, VirtAddr to) {
  LPAEMU_TRY(out, to_statfs64(inode));
  LPAEMU_TRY_VOID(put_user(*task.mm, to, out));
  return 0;
}

// ---- access --------------------------------------------------------------------------------------------------------

SyscallResult do_faccessat(task_struct& task, std::int32_t dirfd, VirtAddr name, std::uint32_t mode,
                           std::uint32_t flags) {
  constexpr std::uint32_t S_IRWXO = 7;
  if (!has_only(mode, S_IRWXO)) return unexpected(Errno::einval);
  if (!has_only(flags, AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) return unexpected(Errno::einval);
  LPAEMU_TRY(place, lookup_at_user(task, dirfd, name, flags));
  if (mode != 0) LPAEMU_TRY_VOID(inode_permission(task, *place.inode, mode));
  return 0;
}

/// readlink writes what fits and no NUL. [linux fs/stat.c:do_readlinkat]
SyscallResult do_readlinkat(task_struct& task, std::int32_t dirfd, VirtAddr name, VirtAddr buffer, std::int32_t size) {
  if (size <= 0) return unexpected(Errno::einval);
  LPAEMU_TRY(path, getname_empty(task, name));
  LPAEMU_TRY(base, base_of(task, dirfd, path));
  std::string text;
  if (path.empty()) {
    // An O_PATH descriptor of the link itself.
    if (dirfd == AT_FDCWD) return unexpected(Errno::enoent);
    LPAEMU_TRY(file, fget_raw(task, static_cast<std::uint32_t>(dirfd)));
    if (file->inode().type() != FileType::symlink) return unexpected(Errno::enoent);
    LPAEMU_TRY(own, file->inode().readlink());
    text = std::move(own);
  } else {
    LPAEMU_TRY(named, task.kernel->vfs().readlink(task, base, path));
    text = std::move(named);
  }
  const std::size_t bytes = std::min(text.size(), static_cast<std::size_t>(size));
  if (copy_to_user(*task.mm, buffer, std::as_bytes(std::span{text}).first(bytes)) != 0)
    return unexpected(Errno::efault);
  return static_cast<std::uint32_t>(bytes);
}

}  // namespace

SyscallResult sys_stat64(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY(stat, stat_path(task, args.addr(0), 0));
  return store_stat64(task, stat, args.addr(1));
}
SyscallResult sys_lstat64(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY(stat, stat_path(task, args.addr(0), AT_SYMLINK_NOFOLLOW));
  return store_stat64(task, stat, args.addr(1));
}
SyscallResult sys_fstat64(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY(stat, stat_fd(task, args[0]));
  return store_stat64(task, stat, args.addr(1));
}
SyscallResult sys_fstatat64(task_struct& task, const SyscallArgs& args) {
  constexpr std::uint32_t AT_STATX_FLAGS = 0x6000;
  if (!has_only(args[3], AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_FLAGS))
    return unexpected(Errno::einval);
  LPAEMU_TRY(place, lookup_at_user(task, args.s32(0), args.addr(1), args[3]));
  return store_stat64(task, place.inode->stat(), args.addr(2));
}

SyscallResult sys_stat(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY(stat, stat_path(task, args.addr(0), 0));
  return store_old_stat(task, stat, args.addr(1));
}
SyscallResult sys_lstat(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY(stat, stat_path(task, args.addr(0), AT_SYMLINK_NOFOLLOW));
  return store_old_stat(task, stat, args.addr(1));
}
SyscallResult sys_fstat(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY(stat, stat_fd(task, args[0]));
  return store_old_stat(task, stat, args.addr(1));
}

/// statx(dirfd, path, flags, mask, buffer). [linux fs/stat.c:do_statx]
SyscallResult sys_statx(task_struct& task, const SyscallArgs& args) {
  constexpr std::uint32_t STATX_RESERVED = 0x80000000, AT_STATX_SYNC_TYPE = 0x6000;
  const std::uint32_t flags = args[2];
  if ((args[3] & STATX_RESERVED) != 0) return unexpected(Errno::einval);
  if ((flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE) return unexpected(Errno::einval);
  if (!has_only(flags, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE))
    return unexpected(Errno::einval);
  // Since 6.11 a null path means an empty one. [linux fs/stat.c:sys_statx]
  if ((flags & AT_EMPTY_PATH) != 0 && args[1] == 0 && args.s32(0) >= 0) {
    LPAEMU_TRY(stat, stat_fd(task, args[0]));
    LPAEMU_TRY_VOID(put_user(*task.mm, args.addr(4), to_statx(stat)));
    return 0;
  }
  LPAEMU_TRY(place, lookup_at_user(task, args.s32(0), args.addr(1), flags));
  LPAEMU_TRY_VOID(put_user(*task.mm, args.addr(4), to_statx(place.inode->stat())));
  return 0;
}

SyscallResult sys_statfs(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY(place, lookup_at_user(task, AT_FDCWD, args.addr(0), 0));
  return store_statfs(task, *place.inode, args.addr(1));
}
SyscallResult sys_fstatfs(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY(file, fget_raw(task, args[0]));
  return store_statfs(task, file->inode(), args.addr(1));
}
SyscallResult sys_statfs64(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY_VOID(check_statfs64_size(args[1]));
  LPAEMU_TRY(place, lookup_at_user(task, AT_FDCWD, args.addr(0), 0));
  return store_statfs64(task, *place.inode, args.addr(2));
}
SyscallResult sys_fstatfs64(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY_VOID(check_statfs64_size(args[1]));
  LPAEMU_TRY(file, fget_raw(task, args[0]));
  return store_statfs64(task, file->inode(), args.addr(2));
}

SyscallResult sys_access(task_struct& task, const SyscallArgs& args) {
  return do_faccessat(task, AT_FDCWD, args.addr(0), args[1], 0);
}
SyscallResult sys_faccessat(task_struct& task, const SyscallArgs& args) {
  return do_faccessat(task, args.s32(0), args.addr(1), args[2], 0);
}
SyscallResult sys_faccessat2(task_struct& task, const SyscallArgs& args) {
  return do_faccessat(task, args.s32(0), args.addr(1), args[2], args[3]);
}

SyscallResult sys_readlink(task_struct& task, const SyscallArgs& args) {
  return do_readlinkat(task, AT_FDCWD, args.addr(0), args.addr(1), args.s32(2));
}
SyscallResult sys_readlinkat(task_struct& task, const SyscallArgs& args) {
  return do_readlinkat(task, args.s32(0), args.addr(1), args.addr(2), args.s32(3));
}

}  // namespace lpaemu::kernel
