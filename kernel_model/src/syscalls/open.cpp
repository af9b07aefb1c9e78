// Descriptors: open, close, dup, memfd_create. [linux fs/open.c, fs/file.c, mm/memfd.c]
#include <algorithm>

#include "common.h"
#include "handlers.h"
#include "lpaemu/kernel_model/fs/filesystems.h"

namespace lpaemu::kernel {
namespace {

constexpr std::uint32_t memfd_name_max = 249;  // NAME_MAX without "memfd:"
constexpr std::uint64_t MAX_NON_LFS = 0x7fffffff;

SyscallResult install(task_struct& task, std::shared_ptr<File> file, std::uint32_t flags) {
  return task.files->install(std::move(file), (flags & O_CLOEXEC) != 0);
}

/// [linux fs/open.c:do_sys_openat2]
SyscallResult do_open(task_struct& task, std::int32_t dirfd, VirtAddr name, std::uint32_t flags, std::uint32_t mode) {
  LPAEMU_TRY(path, getname(task, name));
  LPAEMU_TRY(base, base_of(task, dirfd, path));
  LPAEMU_TRY(file, task.kernel->vfs().open(task, base, path, flags, mode));
  const bool large_allowed = (flags & (O_LARGEFILE | O_PATH)) != 0;
  if (!large_allowed && file->inode().type() == FileType::regular && file->inode().stat().size > MAX_NON_LFS)
    return unexpected(Errno::eoverflow);
  return install(task, std::move(file), flags);
}

}  // namespace

SyscallResult sys_open(task_struct& task, const SyscallArgs& args) {
  return do_open(task, AT_FDCWD, args.addr(0), args[1], args[2]);
}

SyscallResult sys_openat(task_struct& task, const SyscallArgs& args) {
  return do_open(task, args.s32(0), args.addr(1), args[2], args[3]);
}

SyscallResult sys_creat(task_struct& task, const SyscallArgs& args) {
  return do_open(task, AT_FDCWD, args.addr(0), O_CREAT | O_WRONLY | O_TRUNC, args[1]);
}

SyscallResult sys_close(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY_VOID(task.files->close(args[0]));
  return 0;
}

/// [linux fs/file.c:__close_range]
SyscallResult sys_close_range(task_struct& task, const SyscallArgs& args) {
  constexpr std::uint32_t close_range_unshare = 2, close_range_cloexec = 4;
  const std::uint32_t first = args[0], last = args[1], flags = args[2];
  if (!has_only(flags, close_range_unshare | close_range_cloexec) || first > last) return unexpected(Errno::einval);
  for (const std::uint32_t fd : task.files->open_fds()) {
    if (fd < first || fd > last) continue;
    const bool mark = (flags & close_range_cloexec) != 0;
    LPAEMU_TRY_VOID(mark ? task.files->set_cloexec(fd, true) : task.files->close(fd));
  }
  return 0;
}

SyscallResult sys_dup(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY(file, fget_raw(task, args[0]));
  return task.files->install(std::move(file), false);
}

SyscallResult sys_dup2(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY(file, fget_raw(task, args[0]));
  if (args[0] == args[1]) return args[1];
  LPAEMU_TRY_VOID(task.files->install_at(args[1], std::move(file), false));
  return args[1];
}

SyscallResult sys_dup3(task_struct& task, const SyscallArgs& args) {
  if (!has_only(args[2], O_CLOEXEC) || args[0] == args[1]) return unexpected(Errno::einval);
  if (args[1] >= FdTable::limit) return unexpected(Errno::ebadf);
  LPAEMU_TRY(file, fget_raw(task, args[0]));
  LPAEMU_TRY_VOID(task.files->install_at(args[1], std::move(file), (args[2] & O_CLOEXEC) != 0));
  return args[1];
}

/// [linux mm/memfd.c:memfd_create]
SyscallResult sys_memfd_create(task_struct& task, const SyscallArgs& args) {
  constexpr std::uint32_t MFD_CLOEXEC = 1, MFD_ALLOW_SEALING = 2, MFD_NOEXEC_SEAL = 8, MFD_EXEC = 16;
  const std::uint32_t flags = args[1];
  if (!has_only(flags, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL | MFD_EXEC)) return unexpected(Errno::einval);
  if ((flags & MFD_EXEC) != 0 && (flags & MFD_NOEXEC_SEAL) != 0) return unexpected(Errno::einval);
  auto name = strncpy_from_user(*task.mm, args.addr(0), memfd_name_max + 1);
  // A long name is an invalid one here.
  if (!name) return unexpected(name.error() == Errno::efault ? Errno::efault : Errno::einval);
  const auto inode = make_memfd(task.kernel->pages(), task.kernel->host(), *name);
  LPAEMU_TRY(file, inode->open(task, O_RDWR | O_LARGEFILE));
  file->path = "/memfd:" + *name;
  return install(task, std::move(file), (flags & MFD_CLOEXEC) != 0 ? O_CLOEXEC : 0);
}

}  // namespace lpaemu::kernel
