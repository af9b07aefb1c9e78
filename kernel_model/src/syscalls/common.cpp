#include "common.h"

namespace lpaemu::kernel {

Result<std::string> getname_empty(task_struct& task, VirtAddr name) {
  return strncpy_from_user(*task.mm, name, path_max);
}

Result<std::string> getname(task_struct& task, VirtAddr name) {
  LPAEMU_TRY(path, getname_empty(task, name));
  if (path.empty()) return unexpected(Errno::enoent);
  return path;
}

Result<Path> base_of(task_struct& task, std::int32_t dirfd, std::string_view path) {
  if (path.starts_with('/') || dirfd == AT_FDCWD) return task.cwd;
  LPAEMU_TRY(file, fget_raw(task, static_cast<std::uint32_t>(dirfd)));
  if (file->inode().stat().type != FileType::directory) return unexpected(Errno::enotdir);
  return Path{file->inode_ptr(), file->path};
}

Result<Path> lookup_at(task_struct& task, std::int32_t dirfd, std::string_view path, Follow follow) {
  LPAEMU_TRY(base, base_of(task, dirfd, path));
  return task.kernel->vfs().lookup(task, base, path, follow);
}

Result<Path> lookup_at_user(task_struct& task, std::int32_t dirfd, VirtAddr name, std::uint32_t flags) {
  LPAEMU_TRY(path, getname_empty(task, name));
  if (path.empty()) {
    if ((flags & AT_EMPTY_PATH) == 0) return unexpected(Errno::enoent);
    if (dirfd == AT_FDCWD) return task.cwd;
    LPAEMU_TRY(file, fget_raw(task, static_cast<std::uint32_t>(dirfd)));
    return Path{file->inode_ptr(), file->path};
  }
  return lookup_at(task, dirfd, path, (flags & AT_SYMLINK_NOFOLLOW) != 0 ? Follow::no : Follow::yes);
}

Result<std::shared_ptr<File>> fget_raw(task_struct& task, std::uint32_t fd) { return task.files->get(fd); }

Result<std::shared_ptr<File>> fget(task_struct& task, std::uint32_t fd) {
  LPAEMU_TRY(file, fget_raw(task, fd));
  if ((file->flags() & O_PATH) != 0) return unexpected(Errno::ebadf);
  return file;
}

Result<void> wait_until(Kernel& kernel, std::optional<Nanoseconds> deadline) {
  while (!deadline || kernel.host().monotonic() < *deadline)
    if (kernel.host().wait(false, deadline) == Host::Wake::interrupted) return unexpected(Errno::erestartsys);
  return {};
}

Result<void> wait_readable(Kernel& kernel, File& file) {
  if (!file.may_block()) return {};
  while (!file.ready_to_read()) {
    if ((file.flags() & O_NONBLOCK) != 0) return unexpected(Errno::eagain);
    if (kernel.host().wait(true, std::nullopt) == Host::Wake::interrupted) return unexpected(Errno::erestartsys);
  }
  return {};
}

Result<void> wait_writable(Kernel& kernel, File& file) {
  if (!file.may_block()) return {};
  // The host can wait for input only: look again every now and then.
  constexpr Nanoseconds look_again = std::chrono::milliseconds{1};
  while (!file.ready_to_write()) {
    if ((file.flags() & O_NONBLOCK) != 0) return unexpected(Errno::eagain);
    const Nanoseconds deadline = kernel.host().monotonic() + look_again;
    if (kernel.host().wait(false, deadline) == Host::Wake::interrupted) return unexpected(Errno::erestartsys);
  }
  return {};
}

}  // namespace lpaemu::kernel
