// The files of /proc/PID, by group. [linux fs/proc/base.c]
#pragma once

#include "proc_inode.h"

namespace lpaemu::kernel {

/// Makes one file of one task; `stat` has its mode, owner and number.
using MakeProcPidFile = std::shared_ptr<Inode> (*)(const ProcTask& task, const Stat& stat);

// Texts. ESRCH once the task has ended; empty where it has no address space.
[[nodiscard]] Result<std::string> show_pid_maps(const ProcTask& task);
[[nodiscard]] Result<std::string> show_pid_smaps(const ProcTask& task);
[[nodiscard]] Result<std::string> show_pid_status(const ProcTask& task);
[[nodiscard]] Result<std::string> show_pid_stat(const ProcTask& task);
[[nodiscard]] Result<std::string> show_pid_statm(const ProcTask& task);
[[nodiscard]] Result<std::string> show_pid_limits(const ProcTask& task);
[[nodiscard]] Result<std::string> show_pid_cmdline(const ProcTask& task);
[[nodiscard]] Result<std::string> show_pid_environ(const ProcTask& task);
[[nodiscard]] Result<std::string> show_pid_auxv(const ProcTask& task);
[[nodiscard]] Result<std::string> show_pid_mounts(const ProcTask& task);
[[nodiscard]] Result<std::string> show_pid_mountinfo(const ProcTask& task);

// Files with ways of their own.
[[nodiscard]] std::shared_ptr<Inode> make_pid_pagemap(const ProcTask& task, const Stat& stat);
[[nodiscard]] std::shared_ptr<Inode> make_pid_mem(const ProcTask& task, const Stat& stat);
[[nodiscard]] std::shared_ptr<Inode> make_pid_clear_refs(const ProcTask& task, const Stat& stat);
[[nodiscard]] std::shared_ptr<Inode> make_pid_comm(const ProcTask& task, const Stat& stat);
[[nodiscard]] std::shared_ptr<Inode> make_pid_fd(const ProcTask& task, const Stat& stat);
[[nodiscard]] std::shared_ptr<Inode> make_pid_fdinfo(const ProcTask& task, const Stat& stat);

/// The number of a file of a process: the same each time it is looked up.
[[nodiscard]] std::uint64_t proc_pid_ino(std::int32_t pid, std::uint32_t which);

}  // namespace lpaemu::kernel
