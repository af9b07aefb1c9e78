// The walk of one path: Linux's nameidata. [linux fs/namei.c]
#pragma once

#include "lpaemu/kernel_model/fs/vfs.h"

namespace lpaemu::kernel {

/// "/" and "usr" give "/usr"; "/usr" and "bin" give "/usr/bin".
[[nodiscard]] std::string join_path(std::string_view directory, std::string_view name);
/// "/usr/bin" gives "/usr"; "/usr" and "/" give "/".
[[nodiscard]] std::string_view directory_of(std::string_view path);

class PathWalk {
 public:
  /// Without a task nothing is checked and nothing is per-process: for mounting.
  PathWalk(const Vfs& vfs, task_struct* task) : vfs_{vfs}, task_{task} {}

  /// All but the last component. The name is empty for "/" alone, and may be "." or "..".
  [[nodiscard]] Result<Vfs::Parent> to_parent(const Path& base, std::string_view path);
  /// The last component, too.
  [[nodiscard]] Result<Path> resolve(const Path& base, std::string_view path, Follow follow);
  [[nodiscard]] Result<Path> last(const Vfs::Parent& parent, Follow follow);
  /// One name in a directory: mount points, "." and ".." included; a symbolic link is not followed.
  [[nodiscard]] Result<Path> step(const Path& directory, std::string_view name);
  /// What `link`, found in `directory`, leads to: ELOOP after 40 links in this walk.
  [[nodiscard]] Result<Path> follow_link(const Path& directory, const Path& link);
  /// The same, but only the place where the last component would be; nothing when the link jumps.
  [[nodiscard]] Result<LinkTarget> get_link(const Path& link);
  [[nodiscard]] Path parent_of(const Path& place);

 private:
  [[nodiscard]] Result<void> may_look_up(Inode& directory) const;

  const Vfs& vfs_;
  task_struct* task_;
  unsigned links_ = 0;
};

}  // namespace lpaemu::kernel
