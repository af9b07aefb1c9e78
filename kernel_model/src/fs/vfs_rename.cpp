// rename(2). [linux fs/namei.c:do_renameat2, vfs_rename]
#include "changes.h"
#include "creation.h"
#include "lpaemu/kernel_model/task/task.h"

namespace lpaemu::kernel {

namespace {

struct Ends {
  Vfs::Parent from, to;
  Path source;
  std::optional<Path> target;
};

/// EXDEV, EBUSY, EROFS, ENOENT, EEXIST: what the two paths name, in the order of do_renameat2.
Result<Ends> find_ends(PathWalk& walk, Vfs::Parent from, Vfs::Parent to, std::uint32_t flags) {
  if (from.directory.inode->stat().dev != to.directory.inode->stat().dev) return unexpected(Errno::exdev);
  if (!is_plain_name(from.name)) return unexpected(Errno::ebusy);
  if (!is_plain_name(to.name)) return unexpected((flags & rename_noreplace) != 0 ? Errno::eexist : Errno::ebusy);
  if (from.directory.inode->read_only()) return unexpected(Errno::erofs);
  LPAEMU_TRY(source, walk.step(from.directory, from.name));
  auto target = walk.step(to.directory, to.name);
  if (!target && target.error() != Errno::enoent) return unexpected(target.error());
  if (target && (flags & rename_noreplace) != 0) return unexpected(Errno::eexist);
  const bool source_is_directory = source.inode->type() == FileType::directory;
  if (!source_is_directory && (from.must_be_directory || to.must_be_directory)) return unexpected(Errno::enotdir);
  Ends ends{std::move(from), std::move(to), std::move(source), std::nullopt};
  if (target) ends.target = std::move(*target);
  return ends;
}

/// Whether `above` is `path` or a directory above it.
bool is_above(std::string_view above, std::string_view path) {
  return path.starts_with(above) && (path.size() == above.size() || path[above.size()] == '/' || above == "/");
}

Result<void> check(const task_struct& task, const Ends& ends) {
  const bool is_directory = ends.source.inode->type() == FileType::directory;
  const auto must = is_directory ? VictimMust::be_directory : VictimMust::be_no_directory;
  Inode& old_dir = *ends.from.directory.inode;
  Inode& new_dir = *ends.to.directory.inode;
  LPAEMU_TRY_VOID(may_delete(task, old_dir, *ends.source.inode, must));
  if (ends.target) {
    LPAEMU_TRY_VOID(may_delete(task, new_dir, *ends.target->inode, must));
  } else {
    LPAEMU_TRY_VOID(may_change_directory(task, new_dir));
  }
  // Its ".." changes, which is a write to it.
  if (is_directory && &old_dir != &new_dir) return inode_permission(task, *ends.source.inode, MAY_WRITE);
  return {};
}

}  // namespace

Result<void> Vfs::rename(task_struct& task, const Path& old_base, std::string_view old_path, const Path& new_base,
                         std::string_view new_path, std::uint32_t flags) {
  // Pretend: Linux's tmpfs can exchange and leave a whiteout; a file system that cannot answers so.
  if ((flags & ~rename_noreplace) != 0) return unexpected(Errno::einval);
  PathWalk old_walk{*this, &task};
  LPAEMU_TRY(from, old_walk.to_parent(old_base, old_path));
  PathWalk new_walk{*this, &task};
  LPAEMU_TRY(to, new_walk.to_parent(new_base, new_path));
  LPAEMU_TRY(ends, find_ends(new_walk, std::move(from), std::move(to), flags));
  if (is_above(ends.source.text, ends.to.directory.text)) return unexpected(Errno::einval);
  if (ends.target && is_above(ends.target->text, ends.from.directory.text)) return unexpected(Errno::enotempty);
  if (ends.target && ends.target->inode == ends.source.inode) return {};  // two names of one file: nothing to do
  LPAEMU_TRY_VOID(check(task, ends));
  // Linux refuses only the mount points themselves. Here mounts are known by path, so that all above them stay, too.
  if (may_be_busy(ends.source.text)) return unexpected(Errno::ebusy);
  if (ends.target && may_be_busy(ends.target->text)) return unexpected(Errno::ebusy);
  return ends.from.directory.inode->rename(ends.from.name, *ends.to.directory.inode, ends.to.name);
}

}  // namespace lpaemu::kernel
