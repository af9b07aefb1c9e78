// What handlers share: paths and files of the calling task, copies to and from user memory, waiting.
#pragma once

#include <optional>
#include <string>

#include "lpaemu/kernel_model/kernel.h"
#include "lpaemu/kernel_model/mm/uaccess.h"
#include "lpaemu/kernel_model/syscalls/syscall.h"
#include "lpaemu/kernel_model/task/task.h"

namespace lpaemu::kernel {

inline constexpr std::int32_t AT_FDCWD = -100;
inline constexpr std::uint32_t AT_SYMLINK_NOFOLLOW = 0x100, AT_EACCESS = 0x200, AT_REMOVEDIR = 0x200;
inline constexpr std::uint32_t AT_SYMLINK_FOLLOW = 0x400, AT_NO_AUTOMOUNT = 0x800, AT_EMPTY_PATH = 0x1000;
/// No read or write moves more. [linux include/linux/fs.h]
inline constexpr std::uint32_t MAX_RW_COUNT = 0x7ffff000;
/// How much a read or write moves through a buffer of the kernel model at once.
inline constexpr std::size_t io_chunk = 65536;

/// A path argument: EFAULT, ENAMETOOLONG; ENOENT when it is empty. [linux fs/namei.c:getname]
[[nodiscard]] Result<std::string> getname(task_struct& task, VirtAddr name);
/// The same; an empty one is allowed.
[[nodiscard]] Result<std::string> getname_empty(task_struct& task, VirtAddr name);

/// Where a relative path starts: the working directory, or the directory that `dirfd` is open on. EBADF, ENOTDIR.
[[nodiscard]] Result<Path> base_of(task_struct& task, std::int32_t dirfd, std::string_view path);

/// The place that (dirfd, path) names.
[[nodiscard]] Result<Path> lookup_at(task_struct& task, std::int32_t dirfd, std::string_view path, Follow follow);
/// The same for calls with AT_EMPTY_PATH and AT_SYMLINK_NOFOLLOW in `flags`: an empty path means `dirfd` itself.
[[nodiscard]] Result<Path> lookup_at_user(task_struct& task, std::int32_t dirfd, VirtAddr name, std::uint32_t flags);

/// The open file of a descriptor: EBADF; also for one opened with O_PATH. [linux fs/file.c:fdget]
[[nodiscard]] Result<std::shared_ptr<File>> fget(task_struct& task, std::uint32_t fd);
/// The same; files opened with O_PATH too. [linux fs/file.c:fdget_raw]
[[nodiscard]] Result<std::shared_ptr<File>> fget_raw(task_struct& task, std::uint32_t fd);

/// Sleeps until the deadline on the monotonic clock; for ever without one. ERESTARTSYS when the host interrupts.
[[nodiscard]] Result<void> wait_until(Kernel& kernel, std::optional<Nanoseconds> deadline);
/// Waits until the file can be read or written. EAGAIN at once with O_NONBLOCK.
[[nodiscard]] Result<void> wait_readable(Kernel& kernel, File& file);
[[nodiscard]] Result<void> wait_writable(Kernel& kernel, File& file);

/// [linux include/linux/kernel.h]
[[nodiscard]] constexpr bool has_only(std::uint32_t flags, std::uint32_t allowed) { return (flags & ~allowed) == 0; }

}  // namespace lpaemu::kernel
