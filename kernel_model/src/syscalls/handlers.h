// Declares the handler of every row of the table.
#pragma once

#include "lpaemu/kernel_model/syscalls/syscall.h"
#include "lpaemu/kernel_model/task/task.h"

namespace lpaemu::kernel {

/// ENOSYS, and one warning for each number.
SyscallResult sys_ni_syscall(task_struct& task, const SyscallArgs& args);

#define SYSCALL(number, name, handler, support, note) SyscallResult handler(task_struct& task, const SyscallArgs& args);
#define WAITING_SYSCALL(number, name, handler, place, support, note) \
  SyscallResult handler(task_struct& task, const SyscallArgs& args);
#define ABSENT_SYSCALL(number, name, note)
#include "lpaemu/kernel_model/syscalls/table.inc"
#undef SYSCALL
#undef WAITING_SYSCALL
#undef ABSENT_SYSCALL

}  // namespace lpaemu::kernel
