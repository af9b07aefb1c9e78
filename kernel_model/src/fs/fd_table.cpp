#include "lpaemu/kernel_model/fs/fd_table.h"

namespace lpaemu::kernel {

Result<std::shared_ptr<File>> FdTable::get(std::uint32_t fd) const {
  if (fd >= slots_.size() || !slots_[fd].file) return unexpected(Errno::ebadf);
  return slots_[fd].file;
}

// [linux fs/file.c:alloc_fd]
Result<std::uint32_t> FdTable::install(std::shared_ptr<File> file, bool cloexec, std::uint32_t from) {
  std::uint32_t fd = from;
  while (fd < slots_.size() && slots_[fd].file) ++fd;
  if (fd >= limit) return unexpected(Errno::emfile);
  if (fd >= slots_.size()) slots_.resize(fd + 1);
  slots_[fd] = Slot{std::move(file), cloexec};
  return fd;
}

// [linux fs/file.c:do_dup2]
Result<void> FdTable::install_at(std::uint32_t fd, std::shared_ptr<File> file, bool cloexec) {
  if (fd >= limit) return unexpected(Errno::ebadf);
  if (fd >= slots_.size()) slots_.resize(fd + 1);
  slots_[fd] = Slot{std::move(file), cloexec};
  return {};
}

Result<void> FdTable::close(std::uint32_t fd) {
  if (fd >= slots_.size() || !slots_[fd].file) return unexpected(Errno::ebadf);
  slots_[fd] = Slot{};
  return {};
}

Result<bool> FdTable::cloexec(std::uint32_t fd) const {
  if (fd >= slots_.size() || !slots_[fd].file) return unexpected(Errno::ebadf);
  return slots_[fd].cloexec;
}

Result<void> FdTable::set_cloexec(std::uint32_t fd, bool cloexec) {
  if (fd >= slots_.size() || !slots_[fd].file) return unexpected(Errno::ebadf);
  slots_[fd].cloexec = cloexec;
  return {};
}

std::vector<std::uint32_t> FdTable::open_fds() const {
  std::vector<std::uint32_t> open;
  for (std::uint32_t fd = 0; fd < slots_.size(); ++fd) {
    if (slots_[fd].file) open.push_back(fd);
  }
  return open;
}

}  // namespace lpaemu::kernel
