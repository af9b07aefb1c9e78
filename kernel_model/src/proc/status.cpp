// /proc/PID/status. [linux fs/proc/array.c:proc_pid_status]
#include <fmt/format.h>

#include <iterator>

#include "lpaemu/kernel_model/proc/mm_files.h"
#include "lpaemu/kernel_model/task/task.h"
#include "pid_dir.h"

namespace lpaemu::kernel {

namespace {

constexpr std::uint64_t all_capabilities = 0x1ff'ffff'ffff;  // [linux include/linux/capability.h:CAP_VALID_MASK]

template <class... Args>
void add(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
}

/// A name as a line may show it. [linux fs/proc/array.c:proc_task_name]
std::string escaped(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (c == '\\') text += '\\';
    text += c == '\n' ? std::string{"\\n"} : std::string{c};
  }
  return text;
}

std::size_t threads_of(const ProcFs& fs, const task_struct& task) {
  std::size_t threads = 0;
  for (const std::int32_t tid : fs.tasks.pids()) {
    const task_struct* other = fs.tasks.find(tid);
    if (other && other->tgid == task.tgid) ++threads;
  }
  return threads;
}

// [linux fs/proc/array.c:task_state]
void show_identity(std::string& out, const task_struct& task) {
  add(out, "Name:\t{}\n", escaped(task.comm));
  add(out, "Umask:\t{:04o}\n", task.umask);
  add(out, "State:\t{}\n", task.exit_status ? "Z (zombie)" : "R (running)");
  add(out, "Tgid:\t{}\nNgid:\t0\nPid:\t{}\nPPid:\t{}\nTracerPid:\t0\n", task.tgid, task.pid, task.ppid);
  add(out, "Uid:\t{0}\t{0}\t{0}\t{0}\n", task.uid);
  add(out, "Gid:\t{0}\t{0}\t{0}\t{0}\n", task.gid);
  add(out, "FDSize:\t{}\nGroups:\t \n", task.files ? 256 : 0);
  add(out, "NStgid:\t{}\nNSpid:\t{}\nNSpgid:\t{}\nNSsid:\t{}\nKthread:\t0\n", task.tgid, task.pid, task.tgid,
      task.tgid);
}

void show_signals(std::string& out, const task_struct& task, std::size_t threads) {
  std::uint64_t ignored = 0, caught = 0;
  for (std::size_t signal = 1; signal <= signal_count; ++signal) {
    const std::uint64_t bit = std::uint64_t{1} << (signal - 1);
    const std::uint32_t handler = task.sigactions[signal].handler;
    if (handler == 1) ignored |= bit;
    if (handler > 1) caught |= bit;
  }
  add(out, "Threads:\t{}\nSigQ:\t0/4096\n", threads);
  add(out, "SigPnd:\t{:016x}\nShdPnd:\t{:016x}\nSigBlk:\t{:016x}\n", task.pending, 0, task.blocked);
  add(out, "SigIgn:\t{:016x}\nSigCgt:\t{:016x}\n", ignored, caught);
}

}  // namespace

Result<std::string> show_pid_status(const ProcTask& proc_task) {
  LPAEMU_TRY(found, proc_task.find());
  const task_struct& task = *found;
  std::string out;
  show_identity(out, task);
  if (task.mm) {
    out += show_status_mm(*task.mm);
    out += "CoreDumping:\t0\nTHP_enabled:\t0\nuntag_mask:\t0xffffffff\n";
  }
  show_signals(out, task, threads_of(*proc_task.fs, task));
  const std::uint64_t effective = task.has_admin_capability() ? all_capabilities : 0;
  add(out, "CapInh:\t{:016x}\nCapPrm:\t{:016x}\nCapEff:\t{:016x}\n", 0, effective, effective);
  add(out, "CapBnd:\t{:016x}\nCapAmb:\t{:016x}\n", all_capabilities, 0);
  out += "NoNewPrivs:\t0\nSeccomp:\t0\nSeccomp_filters:\t0\n";
  out += "Speculation_Store_Bypass:\tunknown\nSpeculationIndirectBranch:\tunknown\n";
  out += "Cpus_allowed:\t1\nCpus_allowed_list:\t0\n";
  out += "voluntary_ctxt_switches:\t0\nnonvoluntary_ctxt_switches:\t0\n";
  return out;
}

}  // namespace lpaemu::kernel
