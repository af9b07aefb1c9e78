// /proc/PID and /proc/PID/task/TID: a table of their files. [linux fs/proc/base.c:tgid_base_stuff, tid_base_stuff]
#include "pid_dir.h"

#include <algorithm>

#include "lpaemu/kernel_model/kernel.h"
#include "lpaemu/kernel_model/task/task.h"

namespace lpaemu::kernel {

namespace {

template <Result<std::string> (*show)(const ProcTask&)>
std::shared_ptr<Inode> text(const ProcTask& task, const Stat& stat) {
  return std::make_shared<ProcText>(task.fs, stat, [task] { return show(task); });
}

/// A text that only who may trace the process may open.
template <Result<std::string> (*show)(const ProcTask&)>
std::shared_ptr<Inode> traced_text(const ProcTask& task, const Stat& stat) {
  const auto check = [task](const task_struct& opener) -> Result<void> {
    LPAEMU_TRY_VOID(task.find_for(opener));
    return {};
  };
  return std::make_shared<ProcText>(task.fs, stat, [task] { return show(task); }, ProcText::Store{}, check);
}

template <const char* value>
std::shared_ptr<Inode> constant(const ProcTask& task, const Stat& stat) {
  return std::make_shared<ProcText>(task.fs, stat, [] { return std::string{value}; });
}

/// Takes any write and forgets it.
std::shared_ptr<Inode> oom_score_adj(const ProcTask& task, const Stat& stat) {
  return std::make_shared<ProcText>(
      task.fs, stat, [] { return std::string{"0\n"}; },
      [](std::int32_t, std::string_view written) { return Result<std::size_t>{written.size()}; });
}

/// A link to an object of the task: its text, and the place to jump to.
template <Result<Path> (*get)(const task_struct&)>
std::shared_ptr<Inode> magic_link(const ProcTask& task, const Stat& stat) {
  return std::make_shared<ProcLink>(task.fs, stat, [task](const task_struct* reader) -> Result<LinkTarget> {
    // [linux fs/proc/base.c:proc_fd_access_allowed]
    LPAEMU_TRY(target, reader ? task.find_for(*reader) : task.find());
    LPAEMU_TRY(place, get(*target));
    std::string shown = place.inode->stat().nlink == 0 ? place.text + " (deleted)" : place.text;
    return LinkTarget{std::move(shown), std::move(place)};
  });
}

Result<Path> exe_of(const task_struct& task) {
  if (!task.exe_inode) return unexpected(Errno::enoent);
  return Path{task.exe_inode, task.exe};
}

Result<Path> cwd_of(const task_struct& task) {
  if (!task.cwd.inode) return unexpected(Errno::enoent);
  return task.cwd;
}

Result<Path> root_of(const task_struct& task) {
  if (!task.kernel) return unexpected(Errno::enoent);
  return task.kernel->vfs().root();
}

std::shared_ptr<Inode> make_task_dir(const ProcTask& task, const Stat& stat);

constexpr char zero_line[] = "0\n";
constexpr char personality[] = "00000000\n";
constexpr char cgroup[] = "0::/\n";
constexpr char wchan[] = "0";

enum class Where : std::uint8_t { both, process };

struct PidFile {
  std::string_view name;
  FileType type;
  std::uint32_t mode;
  MakeProcPidFile make;
  Where where = Where::both;
};

constexpr auto reg = FileType::regular;
constexpr auto lnk = FileType::symlink;
constexpr auto dir = FileType::directory;

constexpr PidFile files[] = {
    {"auxv", reg, 0400, traced_text<show_pid_auxv>},
    {"cgroup", reg, 0444, constant<cgroup>},
    {"clear_refs", reg, 0200, make_pid_clear_refs},
    {"cmdline", reg, 0444, text<show_pid_cmdline>},
    {"comm", reg, 0644, make_pid_comm},
    {"cwd", lnk, 0777, magic_link<cwd_of>},
    {"environ", reg, 0400, traced_text<show_pid_environ>},
    {"exe", lnk, 0777, magic_link<exe_of>},
    {"fd", dir, 0500, make_pid_fd},
    {"fdinfo", dir, 0555, make_pid_fdinfo},
    {"limits", reg, 0444, text<show_pid_limits>},
    {"maps", reg, 0444, traced_text<show_pid_maps>},
    {"mem", reg, 0600, make_pid_mem},
    {"mountinfo", reg, 0444, text<show_pid_mountinfo>},
    {"mounts", reg, 0444, text<show_pid_mounts>},
    {"oom_score", reg, 0444, constant<zero_line>},
    {"oom_score_adj", reg, 0644, oom_score_adj},
    {"pagemap", reg, 0400, make_pid_pagemap},
    {"personality", reg, 0400, constant<personality>},
    {"root", lnk, 0777, magic_link<root_of>},
    {"smaps", reg, 0444, traced_text<show_pid_smaps>},
    {"stat", reg, 0444, text<show_pid_stat>},
    {"statm", reg, 0444, text<show_pid_statm>},
    {"status", reg, 0444, text<show_pid_status>},
    {"task", dir, 0555, make_task_dir, Where::process},
    {"wchan", reg, 0444, constant<wchan>},
};

Stat stat_of(const ProcTask& task, FileType type, std::uint32_t mode, std::uint32_t which) {
  Stat stat;
  stat.type = type;
  stat.mode = mode;
  stat.dev = task.fs->dev;
  stat.ino = proc_pid_ino(task.tid, which);
  stat.nlink = type == FileType::directory ? 2 : 1;
  stat.blksize = 1024;
  stat.atime_ns = stat.mtime_ns = stat.ctime_ns = task.fs->host.realtime().count();
  if (const auto found = task.find()) {
    stat.uid = (*found)->uid;
    stat.gid = (*found)->gid;
  }
  return stat;
}

std::uint32_t number_of(const PidFile& file) { return static_cast<std::uint32_t>(&file - files) + 2; }

class PidDir final : public ProcInode {
 public:
  PidDir(const ProcTask& task, ProcPidLevel level)
      : ProcInode{task.fs, stat_of(task, FileType::directory, 0555, level == ProcPidLevel::process ? 0 : 1)},
        task_{task},
        level_{level} {}

  [[nodiscard]] Result<std::shared_ptr<Inode>> lookup(std::string_view name) override {
    const auto* file = std::ranges::find(files, name, &PidFile::name);
    if (file == std::end(files) || !shows(*file) || !task_.find()) return unexpected(Errno::enoent);
    return file->make(task_, stat_of(task_, file->type, file->mode, number_of(*file)));
  }

  [[nodiscard]] Result<std::vector<DirEntry>> readdir() override {
    if (!task_.find()) return unexpected(Errno::enoent);
    std::vector<DirEntry> entries;
    for (const PidFile& file : files) {
      if (!shows(file)) continue;
      entries.push_back(DirEntry{std::string{file.name}, file.type, proc_pid_ino(task_.tid, number_of(file))});
    }
    return entries;
  }

 private:
  [[nodiscard]] bool shows(const PidFile& file) const {
    return file.where == Where::both || level_ == ProcPidLevel::process;
  }

  ProcTask task_;
  ProcPidLevel level_;
};

/// /proc/PID/task: the threads of a process.
class ThreadsDir final : public ProcInode {
 public:
  ThreadsDir(const ProcTask& task, const Stat& stat) : ProcInode{task.fs, stat}, task_{task} {}

  [[nodiscard]] Result<std::shared_ptr<Inode>> lookup(std::string_view name) override {
    for (const std::int32_t tid : threads()) {
      if (std::to_string(tid) == name) return make_proc_pid_dir(ProcTask{task_.fs, tid}, ProcPidLevel::thread);
    }
    return unexpected(Errno::enoent);
  }

  [[nodiscard]] Result<std::vector<DirEntry>> readdir() override {
    std::vector<DirEntry> entries;
    for (const std::int32_t tid : threads()) {
      entries.push_back(DirEntry{std::to_string(tid), FileType::directory, proc_pid_ino(tid, 1)});
    }
    return entries;
  }

 private:
  [[nodiscard]] std::vector<std::int32_t> threads() const {
    std::vector<std::int32_t> tids;
    const auto process = task_.find();
    if (!process) return tids;
    for (const std::int32_t tid : task_.fs->tasks.pids()) {
      const task_struct* thread = task_.fs->tasks.find(tid);
      if (thread && thread->tgid == (*process)->tgid) tids.push_back(tid);
    }
    return tids;
  }

  ProcTask task_;
};

std::shared_ptr<Inode> make_task_dir(const ProcTask& task, const Stat& stat) {
  return std::make_shared<ThreadsDir>(task, stat);
}

}  // namespace

// Behind the fixed files, and with room for the descriptors of a process.
std::uint64_t proc_pid_ino(std::int32_t pid, std::uint32_t which) {
  constexpr std::uint64_t numbers_per_task = 4096;
  return static_cast<std::uint64_t>(pid) * numbers_per_task + which;
}

std::shared_ptr<Inode> make_proc_pid_dir(const ProcTask& task, ProcPidLevel level) {
  return std::make_shared<PidDir>(task, level);
}

}  // namespace lpaemu::kernel
