// mkdir, unlink, rmdir, symlink, link: their checks, in Linux's order. [linux fs/namei.c]
#include "changes.h"
#include "creation.h"
#include "lpaemu/kernel_model/task/task.h"

namespace lpaemu::kernel {

Result<void> may_change_directory(const task_struct& task, Inode& directory) {
  if (directory.read_only()) return unexpected(Errno::erofs);
  return inode_permission(task, directory, MAY_WRITE | MAY_EXEC);
}

std::uint32_t mode_of_new(const task_struct& task, Inode& directory, FileType type, std::uint32_t mode) {
  mode &= S_IALLUGO & ~task.umask;
  if (type == FileType::directory && (directory.stat().mode & S_ISGID) != 0) mode |= S_ISGID;
  return mode;
}

void own_new(const task_struct& task, Inode& directory, Inode& fresh) {
  const Stat above = directory.stat();
  const std::uint32_t gid = (above.mode & S_ISGID) != 0 ? above.gid : task.gid;
  const Stat stat = fresh.stat();
  if (stat.uid == task.uid && stat.gid == gid) return;
  // A file system whose files all have one owner (the host's) refuses, and that is what it means.
  (void)fresh.chown(task.uid, gid);
}

bool Vfs::may_be_busy(std::string_view text) const { return covers_mount(text) || implied_.contains(text); }

// [linux fs/namei.c:may_delete]
Result<void> may_delete(const task_struct& task, Inode& directory, Inode& victim, VictimMust must) {
  LPAEMU_TRY_VOID(may_change_directory(task, directory));
  const Stat above = directory.stat();
  const bool sticky = (above.mode & S_ISVTX) != 0 && task.uid != 0 && task.uid != above.uid;
  if (sticky && task.uid != victim.stat().uid) return unexpected(Errno::eperm);
  const bool is_directory = victim.type() == FileType::directory;
  if (must == VictimMust::be_directory && !is_directory) return unexpected(Errno::enotdir);
  if (must == VictimMust::be_no_directory && is_directory) return unexpected(Errno::eisdir);
  return {};
}

namespace {

enum class New : std::uint8_t { directory, other };

/// Where a new name goes: EEXIST, ENOENT, EROFS, EACCES. [linux fs/namei.c:filename_create, may_create]
Result<Vfs::Parent> place_for_new(const Vfs& vfs, task_struct& task, const Path& base, std::string_view path,
                                  New what) {
  PathWalk walk{vfs, &task};
  LPAEMU_TRY(parent, walk.to_parent(base, path));
  if (!is_plain_name(parent.name)) return unexpected(Errno::eexist);
  const auto there = walk.step(parent.directory, parent.name);
  if (there) return unexpected(Errno::eexist);
  if (there.error() != Errno::enoent) return unexpected(there.error());
  if (parent.must_be_directory && what != New::directory) return unexpected(Errno::enoent);
  LPAEMU_TRY_VOID(may_change_directory(task, *parent.directory.inode));
  return parent;
}

/// The name to take away and what it names: EROFS before ENOENT.
struct Victim {
  Vfs::Parent parent;
  Path place;
};
Result<Victim> find_victim(PathWalk& walk, Vfs::Parent parent) {
  if (parent.directory.inode->read_only()) return unexpected(Errno::erofs);
  LPAEMU_TRY(place, walk.step(parent.directory, parent.name));
  return Victim{std::move(parent), std::move(place)};
}

}  // namespace

// [linux fs/namei.c:do_mkdirat]
Result<void> Vfs::mkdir(task_struct& task, const Path& base, std::string_view path, std::uint32_t mode) {
  LPAEMU_TRY(parent, place_for_new(*this, task, base, path, New::directory));
  Inode& directory = *parent.directory.inode;
  const std::uint32_t allowed = 0777 | S_ISVTX;  // [linux fs/namei.c:vfs_mkdir]
  LPAEMU_TRY(fresh, directory.mkdir(parent.name, mode_of_new(task, directory, FileType::directory, mode & allowed)));
  own_new(task, directory, *fresh);
  return {};
}

// [linux fs/namei.c:do_symlinkat]
Result<void> Vfs::symlink(task_struct& task, const Path& base, std::string_view path, std::string_view target) {
  if (target.empty()) return unexpected(Errno::enoent);
  if (target.size() >= path_max) return unexpected(Errno::enametoolong);
  LPAEMU_TRY(parent, place_for_new(*this, task, base, path, New::other));
  Inode& directory = *parent.directory.inode;
  LPAEMU_TRY_VOID(directory.symlink(parent.name, target));
  if (const auto fresh = directory.lookup(parent.name)) own_new(task, directory, **fresh);
  return {};
}

// [linux fs/namei.c:do_linkat, vfs_link]
Result<void> Vfs::link(task_struct& task, const Path& target, const Path& base, std::string_view path) {
  LPAEMU_TRY(parent, place_for_new(*this, task, base, path, New::other));
  Inode& directory = *parent.directory.inode;
  if (directory.stat().dev != target.inode->stat().dev) return unexpected(Errno::exdev);
  if (target.inode->type() == FileType::directory) return unexpected(Errno::eperm);
  return directory.link(parent.name, *target.inode);
}

// [linux fs/namei.c:do_unlinkat]
Result<void> Vfs::unlink(task_struct& task, const Path& base, std::string_view path) {
  PathWalk walk{*this, &task};
  LPAEMU_TRY(parent, walk.to_parent(base, path));
  if (!is_plain_name(parent.name)) return unexpected(Errno::eisdir);
  LPAEMU_TRY(victim, find_victim(walk, std::move(parent)));
  Inode& inode = *victim.place.inode;
  if (victim.parent.must_be_directory) {
    return unexpected(inode.type() == FileType::directory ? Errno::eisdir : Errno::enotdir);
  }
  Inode& directory = *victim.parent.directory.inode;
  LPAEMU_TRY_VOID(may_delete(task, directory, inode, VictimMust::be_no_directory));
  if (may_be_busy(victim.place.text)) return unexpected(Errno::ebusy);
  return directory.unlink(victim.parent.name);
}

// [linux fs/namei.c:do_rmdir]
Result<void> Vfs::rmdir(task_struct& task, const Path& base, std::string_view path) {
  PathWalk walk{*this, &task};
  LPAEMU_TRY(parent, walk.to_parent(base, path));
  if (parent.name.empty()) return unexpected(Errno::ebusy);
  if (parent.name == ".") return unexpected(Errno::einval);
  if (parent.name == "..") return unexpected(Errno::enotempty);
  LPAEMU_TRY(victim, find_victim(walk, std::move(parent)));
  Inode& directory = *victim.parent.directory.inode;
  LPAEMU_TRY_VOID(may_delete(task, directory, *victim.place.inode, VictimMust::be_directory));
  if (may_be_busy(victim.place.text)) return unexpected(Errno::ebusy);
  return directory.rmdir(victim.parent.name);
}

}  // namespace lpaemu::kernel
