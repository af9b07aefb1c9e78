// The root of /proc: the processes, and the way to oneself. [linux fs/proc/root.c, base.c, self.c]
#include <fmt/format.h>

#include <charconv>

#include "../fs/simple_inode.h"
#include "lpaemu/kernel_model/task/task.h"
#include "proc_inode.h"

namespace lpaemu::kernel {

namespace {

class ProcRoot final : public ProcDir {
 public:
  using ProcDir::ProcDir;

  [[nodiscard]] Result<std::shared_ptr<Inode>> lookup(std::string_view name) override {
    std::int32_t pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    const bool is_number = error == std::errc{} && end == name.data() + name.size() && name.front() != '0';
    if (!is_number) return ProcDir::lookup(name);
    if (pid <= 0 || !fs()->tasks.find(pid)) return unexpected(Errno::enoent);
    return make_proc_pid_dir(ProcTask{fs(), pid}, ProcPidLevel::process);
  }

  [[nodiscard]] Result<std::vector<DirEntry>> readdir() override {
    LPAEMU_TRY(entries, ProcDir::readdir());
    for (const std::int32_t pid : fs()->tasks.pids()) {
      const task_struct* task = fs()->tasks.find(pid);
      if (!task || task->tgid != pid) continue;  // a thread can be looked up, but shows below its process only
      const std::shared_ptr<Inode> dir = make_proc_pid_dir(ProcTask{fs(), pid}, ProcPidLevel::process);
      entries.push_back(DirEntry{std::to_string(pid), FileType::directory, dir->stat().ino});
    }
    return entries;
  }
};

/// Without a reader (nobody asks on behalf of a task) the first process stands for it.
const task_struct* reader_or_first(const ProcFs& fs, const task_struct* reader) {
  if (reader) return reader;
  const auto pids = fs.tasks.pids();
  return pids.empty() ? nullptr : fs.tasks.find(pids.front());
}

}  // namespace

std::shared_ptr<Inode> make_procfs(TaskList& tasks, PageAllocator& pages, Host& host) {
  auto fs = std::make_shared<ProcFs>(ProcFs{tasks, pages, host, new_anonymous_dev(), 0});
  auto root = std::make_shared<ProcRoot>(fs, proc_stat(*fs, FileType::directory, 0555));
  const auto add_link = [&](const char* name, ProcLink::Get get) {
    root->add(name, std::make_shared<ProcLink>(fs, proc_stat(*fs, FileType::symlink, 0777), std::move(get)));
  };
  ProcFs& procfs = *fs;  // the links live in it
  add_link("self", [&procfs](const task_struct* reader) -> Result<LinkTarget> {
    const task_struct* task = reader_or_first(procfs, reader);
    if (!task) return unexpected(Errno::enoent);
    return LinkTarget{std::to_string(task->tgid), std::nullopt};
  });
  add_link("thread-self", [&procfs](const task_struct* reader) -> Result<LinkTarget> {
    const task_struct* task = reader_or_first(procfs, reader);
    if (!task) return unexpected(Errno::enoent);
    return LinkTarget{fmt::format("{}/task/{}", task->tgid, task->pid), std::nullopt};
  });
  add_link("mounts", [](const task_struct*) -> Result<LinkTarget> { return LinkTarget{"self/mounts", std::nullopt}; });
  add_system_files(fs, *root);
  add_sysctl_files(fs, *root);
  return root;
}

}  // namespace lpaemu::kernel
