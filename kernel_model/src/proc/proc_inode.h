// The inodes that procfs is made of: texts that are made when they are read, links that lead to objects, directories.
// [linux fs/proc/base.c, generic.c, fs/seq_file.c]
#pragma once

#include <functional>

#include "lpaemu/kernel_model/fs/filesystems.h"

namespace lpaemu::kernel {

struct ProcFs {
  TaskList& tasks;
  PageAllocator& pages;
  Host& host;
  std::uint64_t dev;
  std::uint64_t last_ino;  // of the fixed files; those of processes have numbers of their own

  /// The text that is being read, and by which open file. One at a time: a guest may have a thousand long ones open.
  const void* text_reader{};
  std::string text{};
};

/// A task as a file of procfs names it: it may be gone when the file is read.
struct ProcTask {
  std::shared_ptr<ProcFs> fs;
  std::int32_t tid;

  /// ESRCH once it has ended.
  [[nodiscard]] Result<task_struct*> find() const;
  /// ESRCH, or EACCES: whether `reader` may look inside. [linux kernel/ptrace.c:ptrace_may_access]
  [[nodiscard]] Result<task_struct*> find_for(const task_struct& reader) const;
};

/// Mode, owner and number of an inode of procfs.
class ProcInode : public Inode {
 public:
  ProcInode(std::shared_ptr<ProcFs> fs, const Stat& stat) : fs_{std::move(fs)}, stat_{stat} {}

  [[nodiscard]] Stat stat() override { return stat_; }
  [[nodiscard]] FileType type() override { return stat_.type; }
  [[nodiscard]] StatFs statfs() override;
  // Nobody can make names here: looking one up that is not there already says ENOENT.
  [[nodiscard]] Result<std::shared_ptr<Inode>> create(std::string_view name, std::uint32_t mode) override;
  [[nodiscard]] Result<std::shared_ptr<Inode>> mkdir(std::string_view name, std::uint32_t mode) override;
  [[nodiscard]] Result<void> symlink(std::string_view name, std::string_view target) override;
  [[nodiscard]] Result<void> link(std::string_view name, Inode& target) override;
  [[nodiscard]] Result<void> unlink(std::string_view name) override;
  [[nodiscard]] Result<void> rmdir(std::string_view name) override;
  [[nodiscard]] Result<void> rename(std::string_view name, Inode& to_dir, std::string_view to_name) override;
  [[nodiscard]] Result<void> truncate(std::uint64_t size) override;
  [[nodiscard]] Result<std::shared_ptr<File>> open(task_struct& opener, std::uint32_t flags) override;

 protected:
  [[nodiscard]] const std::shared_ptr<ProcFs>& fs() const { return fs_; }

 private:
  std::shared_ptr<ProcFs> fs_;
  Stat stat_;
};

/// A text. It is made anew by each read from offset 0; reads further on go through what that one saw, unless another
/// file was read in between.
class ProcText final : public ProcInode {
 public:
  using Show = std::function<Result<std::string>()>;
  using Store = std::function<Result<std::size_t>(std::int32_t opener_tgid, std::string_view text)>;
  /// What open asks beyond the permission bits.
  using Check = std::function<Result<void>(const task_struct& opener)>;

  ProcText(std::shared_ptr<ProcFs> fs, const Stat& stat, Show show, Store store = {}, Check check = {})
      : ProcInode{std::move(fs), stat}, show_{std::move(show)}, store_{std::move(store)}, check_{std::move(check)} {}
  [[nodiscard]] Result<std::shared_ptr<File>> open(task_struct& opener, std::uint32_t flags) override;

 private:
  Show show_;
  Store store_;
  Check check_;
};

/// A symbolic link, as its reader sees it.
class ProcLink final : public ProcInode {
 public:
  using Get = std::function<Result<LinkTarget>(const task_struct* reader)>;

  ProcLink(std::shared_ptr<ProcFs> fs, const Stat& stat, Get get)
      : ProcInode{std::move(fs), stat}, get_{std::move(get)} {}
  [[nodiscard]] Result<std::string> readlink() override;
  [[nodiscard]] Result<LinkTarget> get_link(task_struct& reader) override;

 private:
  Get get_;
};

/// A fixed directory.
class ProcDir : public ProcInode {
 public:
  using ProcInode::ProcInode;
  void add(std::string name, std::shared_ptr<Inode> inode) { entries_.emplace(std::move(name), std::move(inode)); }
  [[nodiscard]] Result<std::shared_ptr<Inode>> lookup(std::string_view name) override;
  [[nodiscard]] Result<std::vector<DirEntry>> readdir() override;

 private:
  std::map<std::string, std::shared_ptr<Inode>, std::less<>> entries_;
};

/// The attributes of a fixed file: owned by root, with a number of its own.
[[nodiscard]] Stat proc_stat(ProcFs& fs, FileType type, std::uint32_t mode);

/// Adds the files that do not belong to a process. [linux fs/proc/root.c, kernel/sysctl.c]
void add_system_files(const std::shared_ptr<ProcFs>& fs, ProcDir& root);
void add_sysctl_files(const std::shared_ptr<ProcFs>& fs, ProcDir& root);

/// /proc/PID, and /proc/PID/task/TID.
enum class ProcPidLevel : std::uint8_t { process, thread };
[[nodiscard]] std::shared_ptr<Inode> make_proc_pid_dir(const ProcTask& task, ProcPidLevel level);

}  // namespace lpaemu::kernel
