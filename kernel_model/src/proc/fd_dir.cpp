// /proc/PID/fd and /proc/PID/fdinfo. [linux fs/proc/fd.c]
#include <fmt/format.h>

#include <charconv>

#include "lpaemu/kernel_model/task/task.h"
#include "pid_dir.h"

namespace lpaemu::kernel {

namespace {

constexpr std::uint32_t fd_numbers = 1024, fdinfo_numbers = fd_numbers + FdTable::limit;  // of inodes

Result<std::shared_ptr<File>> file_of(const ProcTask& task, std::uint32_t fd) {
  LPAEMU_TRY(found, task.find());
  if (!found->files) return unexpected(Errno::enoent);
  const auto file = found->files->get(fd);
  if (!file) return unexpected(Errno::enoent);
  return *file;
}

std::shared_ptr<Inode> make_fd_link(const ProcTask& task, Stat stat, std::uint32_t fd, const File& file) {
  stat.type = FileType::symlink;
  stat.mode = (file.readable() ? 0500U : 0) | (file.writable() ? 0300U : 0);
  stat.size = 64;
  stat.ino = proc_pid_ino(task.tid, fd_numbers + fd);
  return std::make_shared<ProcLink>(task.fs, stat, [task, fd](const task_struct* reader) -> Result<LinkTarget> {
    if (reader) LPAEMU_TRY_VOID(task.find_for(*reader));
    LPAEMU_TRY(open_file, file_of(task, fd));
    return LinkTarget{open_file->shown_path(), open_file->place()};
  });
}

std::shared_ptr<Inode> make_fd_text(const ProcTask& task, Stat stat, std::uint32_t fd, const File&) {
  stat.type = FileType::regular;
  stat.mode = 0444;
  stat.ino = proc_pid_ino(task.tid, fdinfo_numbers + fd);
  return std::make_shared<ProcText>(task.fs, stat, [task, fd]() -> Result<std::string> {
    LPAEMU_TRY(open_file, file_of(task, fd));
    LPAEMU_TRY(found, task.find());
    const std::uint32_t cloexec = found->files->cloexec(fd).value_or(false) ? O_CLOEXEC : 0;
    return fmt::format("pos:\t{}\nflags:\t0{:o}\nmnt_id:\t1\nino:\t{}\n", open_file->pos, open_file->flags() | cloexec,
                       open_file->inode().stat().ino);
  });
}

class FdDir final : public ProcInode {
 public:
  using Make = std::shared_ptr<Inode> (*)(const ProcTask& task, Stat stat, std::uint32_t fd, const File& file);
  FdDir(const ProcTask& task, const Stat& stat, Make make, FileType entry_type, std::uint32_t numbers)
      : ProcInode{task.fs, stat}, task_{task}, make_{make}, entry_type_{entry_type}, numbers_{numbers} {}

  [[nodiscard]] Result<std::shared_ptr<Inode>> lookup(std::string_view name) override {
    std::uint32_t fd = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), fd);
    const bool leading_zero = name.size() > 1 && name.front() == '0';
    if (error != std::errc{} || end != name.data() + name.size() || leading_zero) return unexpected(Errno::enoent);
    LPAEMU_TRY(file, file_of(task_, fd));
    Stat stat = this->stat();
    stat.nlink = 1;
    return make_(task_, stat, fd, *file);
  }

  [[nodiscard]] Result<std::vector<DirEntry>> readdir() override {
    LPAEMU_TRY(found, task_.find());
    std::vector<DirEntry> entries;
    if (!found->files) return entries;
    for (const std::uint32_t fd : found->files->open_fds()) {
      // In the place of its number, so that descriptors that come and go do not move the others.
      entries.push_back(DirEntry{std::to_string(fd), entry_type_, proc_pid_ino(task_.tid, numbers_ + fd), fd + 3});
    }
    return entries;
  }

 private:
  ProcTask task_;
  Make make_;
  FileType entry_type_;
  std::uint32_t numbers_;
};

}  // namespace

std::shared_ptr<Inode> make_pid_fd(const ProcTask& task, const Stat& stat) {
  return std::make_shared<FdDir>(task, stat, make_fd_link, FileType::symlink, fd_numbers);
}

std::shared_ptr<Inode> make_pid_fdinfo(const ProcTask& task, const Stat& stat) {
  return std::make_shared<FdDir>(task, stat, make_fd_text, FileType::regular, fdinfo_numbers);
}

}  // namespace lpaemu::kernel
