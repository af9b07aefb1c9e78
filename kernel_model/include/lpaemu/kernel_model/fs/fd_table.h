// File descriptors of a process. [linux fs/file.c]
#pragma once

#include "lpaemu/kernel_model/fs/file.h"

namespace lpaemu::kernel {

class FdTable {
 public:
  static constexpr std::uint32_t limit = 1024;  // RLIMIT_NOFILE

  [[nodiscard]] Result<std::shared_ptr<File>> get(std::uint32_t fd) const;  // EBADF
  /// The lowest free descriptor from `from` on: EMFILE.
  [[nodiscard]] Result<std::uint32_t> install(std::shared_ptr<File> file, bool cloexec, std::uint32_t from = 0);
  /// dup2: at `fd`, closing what was there. EBADF beyond the limit.
  [[nodiscard]] Result<void> install_at(std::uint32_t fd, std::shared_ptr<File> file, bool cloexec);
  [[nodiscard]] Result<void> close(std::uint32_t fd);
  [[nodiscard]] Result<bool> cloexec(std::uint32_t fd) const;
  [[nodiscard]] Result<void> set_cloexec(std::uint32_t fd, bool cloexec);
  /// The open descriptors in order, for /proc/PID/fd.
  [[nodiscard]] std::vector<std::uint32_t> open_fds() const;

 private:
  struct Slot {
    std::shared_ptr<File> file;
    bool cloexec = false;
  };
  std::vector<Slot> slots_;
};

}  // namespace lpaemu::kernel
