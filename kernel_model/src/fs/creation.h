// What all calls that make an inode share. [linux fs/inode.c:inode_init_owner, fs/namei.c]
#pragma once

#include "lpaemu/kernel_model/fs/vfs.h"
#include "path_walk.h"

namespace lpaemu::kernel {

/// A component that names something in a directory, as opposed to the directory itself: LAST_NORM.
[[nodiscard]] inline bool is_plain_name(std::string_view name) { return !name.empty() && name != "." && name != ".."; }

/// EROFS, then EACCES: whether `task` may put a name into `directory` or take one out.
[[nodiscard]] Result<void> may_change_directory(const task_struct& task, Inode& directory);

/// The permission bits of a new inode: `mode` cut by the umask; S_ISGID is inherited by directories.
[[nodiscard]] std::uint32_t mode_of_new(const task_struct& task, Inode& directory, FileType type, std::uint32_t mode);

/// Makes `task` the owner of what it has just made in `directory`.
void own_new(const task_struct& task, Inode& directory, Inode& fresh);

}  // namespace lpaemu::kernel
