// Names and directories. [linux fs/namei.c, fs/readdir.c, fs/open.c, fs/d_path.c, fs/utimes.c]
#include <algorithm>
#include <cstring>

#include "abi.h"
#include "common.h"
#include "handlers.h"

namespace lpaemu::kernel {
namespace {

constexpr std::int64_t ns_per_second = 1'000'000'000;
constexpr std::int64_t us_per_second = 1'000'000;

SyscallResult as_result(const Result<void>& result) {
  if (!result) return unexpected(result.error());
  return 0;
}

/// A path argument with the directory it starts from.
struct Named {
  Path base;
  std::string path;
};
Result<Named> named(task_struct& task, std::int32_t dirfd, VirtAddr name) {
  LPAEMU_TRY(path, getname(task, name));
  LPAEMU_TRY(base, base_of(task, dirfd, path));
  return Named{std::move(base), std::move(path)};
}

// ---- getdents ------------------------------------------------------------------------------------------------------

/// DT_*. [linux include/linux/fs_types.h]
std::uint8_t dirent_type(FileType type) {
  switch (type) {
    case FileType::fifo: return 1;
    case FileType::character_device: return 2;
    case FileType::directory: return 4;
    case FileType::block_device: return 6;
    case FileType::regular: return 8;
    case FileType::symlink: return 10;
    case FileType::socket: return 12;
  }
  return 0;
}

constexpr std::size_t round_up(std::size_t bytes, std::size_t to) { return (bytes + to - 1) / to * to; }

template <class T>
void append(std::string& record, const T& value) {
  record.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string make_dirent64(const DirEntry& entry) {
  const std::size_t bytes = round_up(sizeof(abi::dirent64_head) + entry.name.size() + 1, sizeof(std::uint64_t));
  std::string record;
  append(record, abi::dirent64_head{entry.ino, entry.off, static_cast<std::uint16_t>(bytes), dirent_type(entry.type)});
  record += entry.name;
  record.resize(bytes, '\0');
  return record;
}

/// The old form keeps the type in its last byte.
std::string make_dirent(const DirEntry& entry) {
  const std::size_t bytes = round_up(sizeof(abi::dirent_head) + entry.name.size() + 2, sizeof(std::uint32_t));
  std::string record;
  append(record, abi::dirent_head{static_cast<std::uint32_t>(entry.ino), entry.off, static_cast<std::uint16_t>(bytes)});
  record += entry.name;
  record.resize(bytes, '\0');
  record.back() = static_cast<char>(dirent_type(entry.type));
  return record;
}

/// Whole records only: EINVAL when not even the first fits, EFAULT when it cannot be stored.
SyscallResult do_getdents(task_struct& task, const SyscallArgs& args, std::string (*make)(const DirEntry&)) {
  LPAEMU_TRY(file, fget(task, args[0]));
  if (file->inode().type() != FileType::directory) return unexpected(Errno::enotdir);
  LPAEMU_TRY(entries, task.kernel->vfs().readdir(file->place()));
  std::uint32_t done = 0;
  for (const DirEntry& entry : entries) {
    if (entry.off <= file->pos) continue;
    const std::string record = make(entry);
    if (record.size() > args[2] - done) {
      if (done == 0) return unexpected(Errno::einval);
      break;
    }
    if (copy_to_user(*task.mm, args.addr(1) + done, std::as_bytes(std::span{record})) != 0) {
      if (done == 0) return unexpected(Errno::efault);
      break;
    }
    done += static_cast<std::uint32_t>(record.size());
    file->pos = entry.off;
  }
  return done;
}

// ---- Working directory ---------------------------------------------------------------------------------------------

SyscallResult set_cwd(task_struct& task, Path place) {
  if (place.inode->type() != FileType::directory) return unexpected(Errno::enotdir);
  LPAEMU_TRY_VOID(inode_permission(task, *place.inode, MAY_EXEC));
  task.cwd = std::move(place);
  return 0;
}

// ---- Changes -------------------------------------------------------------------------------------------------------

SyscallResult do_mkdirat(task_struct& task, std::int32_t dirfd, VirtAddr name, std::uint32_t mode) {
  LPAEMU_TRY(at, named(task, dirfd, name));
  return as_result(task.kernel->vfs().mkdir(task, at.base, at.path, mode));
}

SyscallResult do_unlinkat(task_struct& task, std::int32_t dirfd, VirtAddr name, std::uint32_t flags) {
  if (!has_only(flags, AT_REMOVEDIR)) return unexpected(Errno::einval);
  LPAEMU_TRY(at, named(task, dirfd, name));
  Vfs& vfs = task.kernel->vfs();
  return as_result((flags & AT_REMOVEDIR) != 0 ? vfs.rmdir(task, at.base, at.path)
                                               : vfs.unlink(task, at.base, at.path));
}

struct NamePair {
  std::int32_t old_dirfd;
  VirtAddr old_name;
  std::int32_t new_dirfd;
  VirtAddr new_name;
};

SyscallResult do_renameat2(task_struct& task, const NamePair& names, std::uint32_t flags) {
  if (!has_only(flags, rename_noreplace | rename_exchange | rename_whiteout)) return unexpected(Errno::einval);
  if ((flags & rename_exchange) != 0 && (flags & (rename_noreplace | rename_whiteout)) != 0)
    return unexpected(Errno::einval);
  LPAEMU_TRY(from, named(task, names.old_dirfd, names.old_name));
  LPAEMU_TRY(to, named(task, names.new_dirfd, names.new_name));
  return as_result(task.kernel->vfs().rename(task, from.base, from.path, to.base, to.path, flags));
}

SyscallResult do_linkat(task_struct& task, const NamePair& names, std::uint32_t flags) {
  if (!has_only(flags, AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) return unexpected(Errno::einval);
  const bool follow = (flags & AT_SYMLINK_FOLLOW) != 0;
  const std::uint32_t lookup_flags = (flags & AT_EMPTY_PATH) | (follow ? 0 : AT_SYMLINK_NOFOLLOW);
  LPAEMU_TRY(target, lookup_at_user(task, names.old_dirfd, names.old_name, lookup_flags));
  LPAEMU_TRY(to, named(task, names.new_dirfd, names.new_name));
  return as_result(task.kernel->vfs().link(task, target, to.base, to.path));
}

SyscallResult do_symlinkat(task_struct& task, VirtAddr target_name, std::int32_t dirfd, VirtAddr name) {
  LPAEMU_TRY(target, getname(task, target_name));
  LPAEMU_TRY(at, named(task, dirfd, name));
  return as_result(task.kernel->vfs().symlink(task, at.base, at.path, target));
}

SyscallResult do_fchmodat(task_struct& task, std::int32_t dirfd, VirtAddr name, std::uint32_t mode,
                          std::uint32_t flags) {
  if (!has_only(flags, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) return unexpected(Errno::einval);
  LPAEMU_TRY(place, lookup_at_user(task, dirfd, name, flags));
  if (place.inode->type() == FileType::symlink) return unexpected(Errno::enotsup);
  return as_result(vfs_chmod(task, *place.inode, mode & S_IALLUGO));
}

SyscallResult do_fchownat(task_struct& task, std::int32_t dirfd, VirtAddr name, std::uint32_t uid, std::uint32_t gid,
                          std::uint32_t flags) {
  if (!has_only(flags, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) return unexpected(Errno::einval);
  LPAEMU_TRY(place, lookup_at_user(task, dirfd, name, flags));
  return as_result(vfs_chown(task, *place.inode, uid, gid));
}

/// 16-bit ids: 0xffff means unchanged. [linux include/linux/highuid.h:low2highuid]
std::uint32_t high_id(std::uint32_t id) { return (id & 0xffff) == 0xffff ? ~0U : id & 0xffff; }

// ---- Times ---------------------------------------------------------------------------------------------------------

template <class Timespec>
Result<Times> read_times(task_struct& task, VirtAddr pointer) {
  constexpr std::int64_t UTIME_NOW = 0x3fffffff, UTIME_OMIT = 0x3ffffffe;
  const std::int64_t now = task.kernel->host().realtime().count();
  if (pointer.raw() == 0) return Times{now, now, true};
  LPAEMU_TRY(stamps, (get_user<std::array<Timespec, 2>>(*task.mm, pointer)));
  Times times;
  times.now = stamps[0].nsec == UTIME_NOW && stamps[1].nsec == UTIME_NOW;
  const auto resolve = [&](const Timespec& stamp) -> Result<std::optional<std::int64_t>> {
    if (stamp.nsec == UTIME_OMIT) return std::nullopt;
    if (stamp.nsec == UTIME_NOW) return now;
    if (stamp.nsec < 0 || stamp.nsec >= ns_per_second) return unexpected(Errno::einval);
    std::int64_t ns = 0;
    if (__builtin_mul_overflow(std::int64_t{stamp.sec}, ns_per_second, &ns) ||
        __builtin_add_overflow(ns, std::int64_t{stamp.nsec}, &ns))
      return unexpected(Errno::einval);
    return ns;
  };
  LPAEMU_TRY(atime, resolve(stamps[0]));
  LPAEMU_TRY(mtime, resolve(stamps[1]));
  times.atime_ns = atime;
  times.mtime_ns = mtime;
  return times;
}

/// A null name means the descriptor itself. [linux fs/utimes.c:do_utimes]
SyscallResult set_times(task_struct& task, std::int32_t dirfd, VirtAddr name, std::uint32_t flags, const Times& times) {
  if (!times.atime_ns && !times.mtime_ns) return 0;
  if (name.raw() == 0 && dirfd != AT_FDCWD) {
    if (flags != 0) return unexpected(Errno::einval);
    LPAEMU_TRY(file, fget(task, static_cast<std::uint32_t>(dirfd)));
    return as_result(vfs_utimes(task, file->inode(), times));
  }
  if (!has_only(flags, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) return unexpected(Errno::einval);
  LPAEMU_TRY(place, lookup_at_user(task, dirfd, name, flags));
  return as_result(vfs_utimes(task, *place.inode, times));
}

/// utimes and futimesat: microseconds.
SyscallResult set_timevals(task_struct& task, std::int32_t dirfd, VirtAddr name, VirtAddr pointer) {
  const std::int64_t now = task.kernel->host().realtime().count();
  Times times{now, now, true};
  if (pointer.raw() != 0) {
    LPAEMU_TRY(stamps, (get_user<std::array<abi::timeval32, 2>>(*task.mm, pointer)));
    for (const abi::timeval32& stamp : stamps)
      if (stamp.usec < 0 || stamp.usec >= us_per_second) return unexpected(Errno::einval);
    const auto ns = [](const abi::timeval32& stamp) {
      return stamp.sec * ns_per_second + stamp.usec * (ns_per_second / us_per_second);
    };
    times = {ns(stamps[0]), ns(stamps[1]), false};
  }
  return set_times(task, dirfd, name, 0, times);
}

}  // namespace

SyscallResult sys_getdents64(task_struct& task, const SyscallArgs& args) {
  return do_getdents(task, args, make_dirent64);
}
SyscallResult sys_getdents(task_struct& task, const SyscallArgs& args) { return do_getdents(task, args, make_dirent); }

/// The length with its NUL. [linux fs/d_path.c:sys_getcwd]
SyscallResult sys_getcwd(task_struct& task, const SyscallArgs& args) {
  const std::string& text = task.cwd.text;
  if (text.size() + 1 > args[1]) return unexpected(Errno::erange);
  if (copy_to_user(*task.mm, args.addr(0), std::as_bytes(std::span{text.c_str(), text.size() + 1})) != 0)
    return unexpected(Errno::efault);
  return static_cast<std::uint32_t>(text.size() + 1);
}

SyscallResult sys_chdir(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY(place, lookup_at_user(task, AT_FDCWD, args.addr(0), 0));
  return set_cwd(task, std::move(place));
}
SyscallResult sys_fchdir(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY(file, fget_raw(task, args[0]));
  return set_cwd(task, file->place());
}

SyscallResult sys_mkdir(task_struct& task, const SyscallArgs& args) {
  return do_mkdirat(task, AT_FDCWD, args.addr(0), args[1]);
}
SyscallResult sys_mkdirat(task_struct& task, const SyscallArgs& args) {
  return do_mkdirat(task, args.s32(0), args.addr(1), args[2]);
}
SyscallResult sys_rmdir(task_struct& task, const SyscallArgs& args) {
  return do_unlinkat(task, AT_FDCWD, args.addr(0), AT_REMOVEDIR);
}
SyscallResult sys_unlink(task_struct& task, const SyscallArgs& args) {
  return do_unlinkat(task, AT_FDCWD, args.addr(0), 0);
}
SyscallResult sys_unlinkat(task_struct& task, const SyscallArgs& args) {
  return do_unlinkat(task, args.s32(0), args.addr(1), args[2]);
}

SyscallResult sys_rename(task_struct& task, const SyscallArgs& args) {
  return do_renameat2(task, {AT_FDCWD, args.addr(0), AT_FDCWD, args.addr(1)}, 0);
}
SyscallResult sys_renameat(task_struct& task, const SyscallArgs& args) {
  return do_renameat2(task, {args.s32(0), args.addr(1), args.s32(2), args.addr(3)}, 0);
}
SyscallResult sys_renameat2(task_struct& task, const SyscallArgs& args) {
  return do_renameat2(task, {args.s32(0), args.addr(1), args.s32(2), args.addr(3)}, args[4]);
}

SyscallResult sys_link(task_struct& task, const SyscallArgs& args) {
  return do_linkat(task, {AT_FDCWD, args.addr(0), AT_FDCWD, args.addr(1)}, 0);
}
SyscallResult sys_linkat(task_struct& task, const SyscallArgs& args) {
  return do_linkat(task, {args.s32(0), args.addr(1), args.s32(2), args.addr(3)}, args[4]);
}
SyscallResult sys_symlink(task_struct& task, const SyscallArgs& args) {
  return do_symlinkat(task, args.addr(0), AT_FDCWD, args.addr(1));
}
SyscallResult sys_symlinkat(task_struct& task, const SyscallArgs& args) {
  return do_symlinkat(task, args.addr(0), args.s32(1), args.addr(2));
}

SyscallResult sys_chmod(task_struct& task, const SyscallArgs& args) {
  return do_fchmodat(task, AT_FDCWD, args.addr(0), args[1], 0);
}
SyscallResult sys_fchmodat(task_struct& task, const SyscallArgs& args) {
  return do_fchmodat(task, args.s32(0), args.addr(1), args[2], 0);
}
SyscallResult sys_fchmodat2(task_struct& task, const SyscallArgs& args) {
  return do_fchmodat(task, args.s32(0), args.addr(1), args[2], args[3]);
}
SyscallResult sys_fchmod(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY(file, fget(task, args[0]));
  return as_result(vfs_chmod(task, file->inode(), args[1] & S_IALLUGO));
}

SyscallResult sys_chown32(task_struct& task, const SyscallArgs& args) {
  return do_fchownat(task, AT_FDCWD, args.addr(0), args[1], args[2], 0);
}
SyscallResult sys_lchown32(task_struct& task, const SyscallArgs& args) {
  return do_fchownat(task, AT_FDCWD, args.addr(0), args[1], args[2], AT_SYMLINK_NOFOLLOW);
}
SyscallResult sys_fchownat(task_struct& task, const SyscallArgs& args) {
  return do_fchownat(task, args.s32(0), args.addr(1), args[2], args[3], args[4]);
}
SyscallResult sys_fchown32(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY(file, fget(task, args[0]));
  return as_result(vfs_chown(task, file->inode(), args[1], args[2]));
}
SyscallResult sys_chown(task_struct& task, const SyscallArgs& args) {
  return do_fchownat(task, AT_FDCWD, args.addr(0), high_id(args[1]), high_id(args[2]), 0);
}
SyscallResult sys_lchown(task_struct& task, const SyscallArgs& args) {
  return do_fchownat(task, AT_FDCWD, args.addr(0), high_id(args[1]), high_id(args[2]), AT_SYMLINK_NOFOLLOW);
}
SyscallResult sys_fchown(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY(file, fget(task, args[0]));
  return as_result(vfs_chown(task, file->inode(), high_id(args[1]), high_id(args[2])));
}

SyscallResult sys_umask(task_struct& task, const SyscallArgs& args) {
  constexpr std::uint32_t S_IRWXUGO = 0777;
  return std::exchange(task.umask, args[0] & S_IRWXUGO);
}

SyscallResult sys_utimensat(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY(times, read_times<abi::timespec32>(task, args.addr(2)));
  return set_times(task, args.s32(0), args.addr(1), args[3], times);
}
SyscallResult sys_utimensat_time64(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY(times, read_times<abi::timespec64>(task, args.addr(2)));
  return set_times(task, args.s32(0), args.addr(1), args[3], times);
}
SyscallResult sys_utimes(task_struct& task, const SyscallArgs& args) {
  return set_timevals(task, AT_FDCWD, args.addr(0), args.addr(1));
}
SyscallResult sys_futimesat(task_struct& task, const SyscallArgs& args) {
  return set_timevals(task, args.s32(0), args.addr(1), args.addr(2));
}

}  // namespace lpaemu::kernel
