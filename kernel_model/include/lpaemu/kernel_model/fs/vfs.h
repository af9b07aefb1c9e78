// The tree of mounts and the walk of a path through it. [linux fs/namei.c]
#pragma once

#include <map>

#include "lpaemu/kernel_model/fs/file.h"

namespace lpaemu::kernel {

// Lower-case, as some below: the C library's headers have macros of these names.
inline constexpr std::size_t name_max = 255, path_max = 4096;  // [linux include/uapi/linux/limits.h]

/// Whether a symbolic link in the last component is followed.
enum class Follow : std::uint8_t { no, yes };

// What an access needs. [linux include/linux/fs.h]
inline constexpr std::uint32_t MAY_EXEC = 1, MAY_WRITE = 2, MAY_READ = 4;

// rename flags. [linux include/uapi/linux/fs.h]
inline constexpr std::uint32_t rename_noreplace = 1, rename_exchange = 2, rename_whiteout = 4;

/// Whether `task` may: EROFS, then EACCES by the mode bits. Root may all, but execute only what somebody may execute.
/// [linux fs/namei.c:inode_permission]
[[nodiscard]] Result<void> inode_permission(const task_struct& task, Inode& inode, std::uint32_t mask);

// Attribute changes with their checks: EROFS, EPERM for who is neither owner nor root. [linux fs/attr.c, open.c]
/// S_ISGID goes where the caller is not of the group.
[[nodiscard]] Result<void> vfs_chmod(const task_struct& task, Inode& inode, std::uint32_t mode);
/// -1: unchanged.
[[nodiscard]] Result<void> vfs_chown(const task_struct& task, Inode& inode, std::uint32_t uid, std::uint32_t gid);
/// truncate(2), which needs write permission: EISDIR, EINVAL for what is no regular file. ftruncate has its own checks.
[[nodiscard]] Result<void> vfs_truncate(const task_struct& task, Inode& inode, std::uint64_t size);
/// Nothing: unchanged. `now` says that both were asked as the current time, which needs write permission only.
struct Times {
  std::optional<std::int64_t> atime_ns, mtime_ns;
  bool now = false;
};
[[nodiscard]] Result<void> vfs_utimes(const task_struct& task, Inode& inode, const Times& times);

/// The file tree of a machine. Paths are bytes; an empty one is ENOENT.
class Vfs {
 public:
  /// Requires: `root` is a directory.
  explicit Vfs(std::shared_ptr<Inode> root);

  /// Puts `root` over the directory at `path`, which shows in its parent even where no such directory exists.
  void mount(std::string_view path, std::shared_ptr<Inode> root);
  /// "/".
  [[nodiscard]] Path root() const;

  /// The place that `path` names, from `base` when it is relative: ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, EACCES.
  /// `task` is whose /proc/self it is.
  [[nodiscard]] Result<Path> lookup(task_struct& task, const Path& base, std::string_view path, Follow follow);
  /// The text of the link itself: EINVAL when `path` names something else.
  [[nodiscard]] Result<std::string> readlink(task_struct& task, const Path& base, std::string_view path);
  /// The directory in which the last component lives, and that component: for create, unlink, rename.
  struct Parent {
    Path directory;
    std::string name;
    bool must_be_directory = false;  // the path ended in '/'
  };
  [[nodiscard]] Result<Parent> lookup_parent(task_struct& task, const Path& base, std::string_view path);
  /// open(2): O_CREAT, O_EXCL, O_TRUNC, O_DIRECTORY, O_NOFOLLOW, O_PATH, O_TMPFILE; checks EISDIR, EROFS, EACCES by
  /// mode bits and uid. Applies the task's umask.
  [[nodiscard]] Result<std::shared_ptr<File>> open(task_struct& task, const Path& base, std::string_view path,
                                                   std::uint32_t flags, std::uint32_t mode);
  /// The entries of a directory with the mount points, "." and ".." in it, ascending in `off`. getdents starts with the
  /// first one whose `off` is greater than File::pos and leaves the `off` of the last one it took in File::pos.
  [[nodiscard]] Result<std::vector<DirEntry>> readdir(const Path& directory);

  // The calls that change directories, with all checks in Linux's order: permissions, sticky directories, read-only
  // file systems, mount points (EBUSY), trailing slashes, "." and "..". Modes are cut by the task's umask.
  [[nodiscard]] Result<void> mkdir(task_struct& task, const Path& base, std::string_view path, std::uint32_t mode);
  [[nodiscard]] Result<void> unlink(task_struct& task, const Path& base, std::string_view path);
  [[nodiscard]] Result<void> rmdir(task_struct& task, const Path& base, std::string_view path);
  [[nodiscard]] Result<void> symlink(task_struct& task, const Path& base, std::string_view path,
                                     std::string_view target);
  [[nodiscard]] Result<void> link(task_struct& task, const Path& target, const Path& base, std::string_view path);
  [[nodiscard]] Result<void> rename(task_struct& task, const Path& old_base, std::string_view old_path,
                                    const Path& new_base, std::string_view new_path, std::uint32_t flags);

  /// Where file systems are mounted, in order, for /proc/mounts.
  struct Mount {
    std::string path;
    std::shared_ptr<Inode> root;
  };
  [[nodiscard]] const std::vector<Mount>& mounts() const { return mounts_; }

 private:
  friend class PathWalk;

  [[nodiscard]] const Mount* mount_at(std::string_view text) const;
  [[nodiscard]] bool covers_mount(std::string_view text) const;
  [[nodiscard]] bool may_be_busy(std::string_view text) const;

  std::shared_ptr<Inode> root_;
  std::vector<Mount> mounts_;
  // Directories that exist only because something is mounted below them, by path.
  std::map<std::string, std::shared_ptr<Inode>, std::less<>> implied_;
};

}  // namespace lpaemu::kernel
