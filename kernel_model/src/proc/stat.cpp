// /proc/PID/stat and statm. [linux fs/proc/array.c:do_task_stat, proc_pid_statm]
#include <fmt/format.h>

#include "lpaemu/kernel_model/task/task.h"
#include "pid_dir.h"

namespace lpaemu::kernel {

namespace {

constexpr std::uint64_t USER_HZ = 100;
constexpr std::uint64_t ns_per_tick = 1'000'000'000 / USER_HZ;

/// The low 31 signals, as the fields of stat have them.
std::uint64_t low_signals(std::uint64_t set) { return set & 0x7fffffff; }

/// The numbers of an address space in stat; zeroes without one.
struct MmNumbers {
  std::uint64_t vsize = 0, rss = 0;
  std::uint32_t start_code = 0, end_code = 0, start_stack = 0, start_data = 0, end_data = 0, start_brk = 0;
  std::uint32_t arg_start = 0, arg_end = 0, env_start = 0, env_end = 0;
  std::uint64_t min_flt = 0;
};

MmNumbers numbers_of(const task_struct& task) {
  if (!task.mm) return {};
  const mm_struct& mm = *task.mm;
  return MmNumbers{
      mm.total_vm * mmu::PAGE_SIZE, mm.rss.total(),    mm.start_code.raw(), mm.end_code.raw(),  mm.start_stack.raw(),
      mm.start_data.raw(),          mm.end_data.raw(), mm.start_brk.raw(),  mm.arg_start.raw(), mm.arg_end.raw(),
      mm.env_start.raw(),           mm.env_end.raw(),  mm.min_flt};
}

std::size_t threads_of(const ProcFs& fs, const task_struct& task) {
  std::size_t threads = 0;
  for (const std::int32_t tid : fs.tasks.pids()) {
    const task_struct* other = fs.tasks.find(tid);
    if (other && other->tgid == task.tgid) ++threads;
  }
  return threads;
}

}  // namespace

// The fields have numbers in proc(5); those that the model does not know are 0, as the kernel shows what is switched
// off.
Result<std::string> show_pid_stat(const ProcTask& proc_task) {
  LPAEMU_TRY(found, proc_task.find());
  const task_struct& task = *found;
  const MmNumbers mm = numbers_of(task);
  std::uint64_t ignored = 0, caught = 0;
  for (std::size_t signal = 1; signal <= signal_count; ++signal) {
    const std::uint64_t bit = std::uint64_t{1} << (signal - 1);
    if (task.sigactions[signal].handler == 1) ignored |= bit;
    if (task.sigactions[signal].handler > 1) caught |= bit;
  }
  const auto cpu_ticks = static_cast<std::uint64_t>(proc_task.fs->host.cpu_time().count()) / ns_per_tick;
  std::string out = fmt::format("{} ({}) {} {} {} {}", task.pid, task.comm, task.exit_status ? 'Z' : 'R', task.ppid,
                                task.tgid, task.tgid);            // pid comm state ppid pgrp session
  out += fmt::format(" 0 -1 {} {} 0 0 0", 0x400000, mm.min_flt);  // tty_nr tpgid flags minflt cminflt majflt cmajflt
  out += fmt::format(" {} 0 0 0 20 0 {} 0", cpu_ticks, threads_of(*proc_task.fs, task));  // utime ... itrealvalue
  out += fmt::format(" {} {} {} {}", task.start_time_ns / ns_per_tick, mm.vsize, mm.rss, 0xffffffffU);  // ... rsslim
  out += fmt::format(" {} {} {} 0 0", mm.start_code, mm.end_code, mm.start_stack);  // ... kstkesp kstkeip
  out += fmt::format(" {} {} {} {}", low_signals(task.pending), low_signals(task.blocked), low_signals(ignored),
                     low_signals(caught));
  out += " 0 0 0 17 0 0 0 0 0 0";  // wchan nswap cnswap exit_signal processor rt_priority policy delays guest cguest
  out += fmt::format(" {} {} {} {} {} {} {}", mm.start_data, mm.end_data, mm.start_brk, mm.arg_start, mm.arg_end,
                     mm.env_start, mm.env_end);
  return out + fmt::format(" {}\n", task.exit_status.value_or(0));
}

// size resident shared text lib data dt, in pages
Result<std::string> show_pid_statm(const ProcTask& proc_task) {
  LPAEMU_TRY(found, proc_task.find());
  if (!found->mm) return std::string{"0 0 0 0 0 0 0\n"};
  const mm_struct& mm = *found->mm;
  const std::uint32_t text_bytes = mm.end_code.raw() - mm.start_code.page().raw() + mmu::PAGE_SIZE - 1;
  std::uint64_t data_pages = 0;
  for (const auto& [start, vma] : mm.vmas()) {
    const bool is_data =
        vma.is(VM_WRITE) && !vma.is(VM_SHARED);  // data_vm + stack_vm. [linux mm/mmap.c:vm_stat_account]
    if (is_data) data_pages += vma.pages();
  }
  return fmt::format("{} {} {} {} 0 {} 0\n", mm.total_vm, mm.rss.total(), mm.rss.file + mm.rss.shmem,
                     text_bytes / mmu::PAGE_SIZE, data_pages);
}

}  // namespace lpaemu::kernel
