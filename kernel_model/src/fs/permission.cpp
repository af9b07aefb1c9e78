// Who may do what to an inode, and the changes of its attributes. [linux fs/namei.c, attr.c, open.c, utimes.c]
#include "lpaemu/kernel_model/fs/vfs.h"
#include "lpaemu/kernel_model/task/task.h"

namespace lpaemu::kernel {

namespace {

bool owns(const task_struct& task, const Stat& stat) { return task.uid == 0 || task.uid == stat.uid; }

/// The three bits of the mode that are for this task. [linux fs/namei.c:acl_permission_check]
std::uint32_t rights_of(const task_struct& task, const Stat& stat) {
  if (task.uid == stat.uid) return stat.mode >> 6 & 7;
  if (task.gid == stat.gid) return stat.mode >> 3 & 7;
  return stat.mode & 7;
}

bool may_be_read_only(FileType type) {  // devices and pipes can be written on a read-only file system
  return type == FileType::regular || type == FileType::directory || type == FileType::symlink;
}

}  // namespace

Result<void> inode_permission(const task_struct& task, Inode& inode, std::uint32_t mask) {
  const FileType type = inode.type();
  if ((mask & MAY_WRITE) != 0 && inode.read_only() && may_be_read_only(type)) return unexpected(Errno::erofs);
  // The way of every walk of root's paths: no need to ask the file system.
  if (task.uid == 0 && (type == FileType::directory || (mask & MAY_EXEC) == 0)) return {};
  const Stat stat = inode.stat();
  if ((mask & ~rights_of(task, stat)) == 0) return {};
  if (task.uid == 0 && (stat.mode & 0111) != 0) return {};  // CAP_DAC_OVERRIDE does not make a file executable
  return unexpected(Errno::eacces);
}

// [linux fs/attr.c:setattr_prepare, open.c:chmod_common]
Result<void> vfs_chmod(const task_struct& task, Inode& inode, std::uint32_t mode) {
  if (inode.type() == FileType::symlink) return unexpected(Errno::enotsup);
  if (inode.read_only()) return unexpected(Errno::erofs);
  const Stat stat = inode.stat();
  if (!owns(task, stat)) return unexpected(Errno::eperm);
  mode &= S_IALLUGO;
  if (task.uid != 0 && task.gid != stat.gid) mode &= ~S_ISGID;
  return inode.chmod(mode);
}

Result<void> vfs_chown(const task_struct& task, Inode& inode, std::uint32_t uid, std::uint32_t gid) {
  constexpr std::uint32_t unchanged = ~std::uint32_t{0};
  if (inode.read_only()) return unexpected(Errno::erofs);
  const Stat stat = inode.stat();
  const bool uid_allowed = uid == unchanged || task.uid == 0 || (task.uid == stat.uid && uid == stat.uid);
  const bool gid_allowed =
      gid == unchanged || task.uid == 0 || (task.uid == stat.uid && (gid == task.gid || gid == stat.gid));
  if (!uid_allowed || !gid_allowed) return unexpected(Errno::eperm);
  LPAEMU_TRY_VOID(inode.chown(uid == unchanged ? stat.uid : uid, gid == unchanged ? stat.gid : gid));
  // A file that changes hands must not run with somebody's rights. [linux fs/attr.c:setattr_should_drop_suidgid]
  const std::uint32_t dropped = S_ISUID | ((stat.mode & 010) != 0 ? S_ISGID : 0);
  if (stat.type == FileType::directory || (stat.mode & dropped) == 0) return {};
  return inode.chmod(stat.mode & ~dropped);
}

// [linux fs/open.c:vfs_truncate]
Result<void> vfs_truncate(const task_struct& task, Inode& inode, std::uint64_t size) {
  if (inode.type() == FileType::directory) return unexpected(Errno::eisdir);
  if (inode.type() != FileType::regular) return unexpected(Errno::einval);
  LPAEMU_TRY_VOID(inode_permission(task, inode, MAY_WRITE));
  return inode.truncate(size);
}

// [linux fs/utimes.c:vfs_utimes, attr.c:setattr_prepare]
Result<void> vfs_utimes(const task_struct& task, Inode& inode, const Times& times) {
  if (!times.atime_ns && !times.mtime_ns) return {};  // both UTIME_OMIT
  if (inode.read_only()) return unexpected(Errno::erofs);
  const Stat stat = inode.stat();
  if (!owns(task, stat)) {
    if (!times.now) return unexpected(Errno::eperm);
    LPAEMU_TRY_VOID(inode_permission(task, inode, MAY_WRITE));
  }
  return inode.set_times(times.atime_ns.value_or(stat.atime_ns), times.mtime_ns.value_or(stat.mtime_ns));
}

}  // namespace lpaemu::kernel
