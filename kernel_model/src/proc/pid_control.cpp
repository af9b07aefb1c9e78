// The files of /proc/PID that are written: clear_refs and comm. [linux fs/proc/task_mmu.c, base.c]
#include "lpaemu/kernel_model/mm/soft_dirty.h"
#include "lpaemu/kernel_model/task/task.h"
#include "pid_dir.h"

namespace lpaemu::kernel {

namespace {

constexpr std::size_t task_comm_len = 16;  // [linux include/linux/sched.h:TASK_COMM_LEN]

Result<std::size_t> write_clear_refs(const ProcTask& task, std::string_view text) {
  LPAEMU_TRY(found, task.find());
  // Pretend: a process without an address space (a zombie) takes any text; Linux reads the text first.
  if (!found->mm) return text.size();
  return clear_refs_write(*found->mm, text);
}

Result<std::size_t> write_comm(const ProcTask& task, std::int32_t opener_tgid, std::string_view text) {
  LPAEMU_TRY(found, task.find());
  if (found->tgid != opener_tgid) return unexpected(Errno::einval);
  std::string_view name = text.substr(0, task_comm_len - 1);
  name = name.substr(0, name.find('\0'));
  found->comm = name;
  return text.size();
}

}  // namespace

std::shared_ptr<Inode> make_pid_clear_refs(const ProcTask& task, const Stat& stat) {
  return std::make_shared<ProcText>(task.fs, stat, ProcText::Show{}, [task](std::int32_t, std::string_view text) {
    return write_clear_refs(task, text);
  });
}

std::shared_ptr<Inode> make_pid_comm(const ProcTask& task, const Stat& stat) {
  const auto show = [task]() -> Result<std::string> {
    LPAEMU_TRY(found, task.find());
    return found->comm + '\n';
  };
  return std::make_shared<ProcText>(task.fs, stat, show, [task](std::int32_t opener_tgid, std::string_view text) {
    return write_comm(task, opener_tgid, text);
  });
}

}  // namespace lpaemu::kernel
