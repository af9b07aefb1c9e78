// What unlink, rmdir and rename share. [linux fs/namei.c]
#pragma once

#include "lpaemu/kernel_model/fs/vfs.h"

namespace lpaemu::kernel {

enum class VictimMust : std::uint8_t { be_directory, be_no_directory };

/// EROFS, EACCES, EPERM (sticky directory), ENOTDIR, EISDIR: whether `task` may take `victim` out of `directory`.
[[nodiscard]] Result<void> may_delete(const task_struct& task, Inode& directory, Inode& victim, VictimMust must);

}  // namespace lpaemu::kernel
