// The task itself: identity, limits, the end, and what it asks about the machine. [linux kernel/sys.c, kernel/exit.c,
// kernel/sched/syscalls.c]
#include <algorithm>
#include <array>

#include "abi.h"
#include "common.h"
#include "handlers.h"

namespace lpaemu::kernel {
namespace {

constexpr std::uint32_t unchanged_id = ~0U;

bool is_self(const task_struct& task, std::int32_t pid) { return pid == 0 || pid == task.pid || pid == task.tgid; }

SyscallResult only_self(const task_struct& task, std::int32_t pid, std::uint32_t answer) {
  if (pid < 0) return unexpected(Errno::einval);
  if (!is_self(task, pid)) return unexpected(Errno::esrch);
  return answer;
}

/// One id stands for the real, the effective and the saved one: root may take any, others only their own.
SyscallResult set_id(task_struct& task, std::uint32_t& own, std::initializer_list<std::uint32_t> ids) {
  std::uint32_t effective = own;
  for (const std::uint32_t id : ids) {
    if (id == unchanged_id) continue;
    if (!task.has_admin_capability() && id != own) return unexpected(Errno::eperm);
    effective = id;
  }
  own = effective;
  return 0;
}

SyscallResult store_ids(task_struct& task, const SyscallArgs& args, std::uint32_t id) {
  for (const std::size_t index : {0U, 1U, 2U}) LPAEMU_TRY_VOID(put_user(*task.mm, args.addr(index), id));
  return 0;
}

}  // namespace

SyscallResult sys_ni_syscall(task_struct&, const SyscallArgs&) { return unexpected(Errno::enosys); }

// ---- The end -------------------------------------------------------------------------------------------------------

/// One thread is all there is, so that its end is the process's.
SyscallResult sys_exit(task_struct& task, const SyscallArgs& args) { return sys_exit_group(task, args); }

SyscallResult sys_exit_group(task_struct& task, const SyscallArgs& args) {
  task.kernel->exit_group(args.s32(0));
  return 0;
}

/// There are no children. [linux kernel/exit.c:kernel_wait4]
SyscallResult sys_wait4(task_struct&, const SyscallArgs& args) {
  constexpr std::uint32_t wnohang = 1, wuntraced = 2, wcontinued = 8, wait_kinds = 0xe0000000;
  if (!has_only(args[2], wnohang | wuntraced | wcontinued | wait_kinds)) return unexpected(Errno::einval);
  return unexpected(Errno::echild);
}

SyscallResult sys_waitid(task_struct&, const SyscallArgs& args) {
  constexpr std::uint32_t wnohang = 1, wstopped = 2, wexited = 4, wcontinued = 8, wnowait = 0x01000000,
                          wait_kinds = 0xe0000000, p_pidfd = 3;
  if (!has_only(args[3], wnohang | wstopped | wexited | wcontinued | wnowait | wait_kinds))
    return unexpected(Errno::einval);
  if ((args[3] & (wstopped | wexited | wcontinued)) == 0 || args[0] > p_pidfd) return unexpected(Errno::einval);
  return unexpected(args[0] == p_pidfd ? Errno::ebadf : Errno::echild);
}

// ---- Identity ------------------------------------------------------------------------------------------------------

SyscallResult sys_getpid(task_struct& task, const SyscallArgs&) { return static_cast<std::uint32_t>(task.tgid); }
SyscallResult sys_gettid(task_struct& task, const SyscallArgs&) { return static_cast<std::uint32_t>(task.pid); }
SyscallResult sys_getppid(task_struct& task, const SyscallArgs&) { return static_cast<std::uint32_t>(task.ppid); }
SyscallResult sys_getpgrp(task_struct& task, const SyscallArgs&) { return static_cast<std::uint32_t>(task.tgid); }
SyscallResult sys_getpgid(task_struct& task, const SyscallArgs& args) {
  return only_self(task, args.s32(0), static_cast<std::uint32_t>(task.tgid));
}
SyscallResult sys_getsid(task_struct& task, const SyscallArgs& args) {
  return only_self(task, args.s32(0), static_cast<std::uint32_t>(task.tgid));
}
/// The process leads its group and its session already. [linux kernel/sys.c:ksys_setsid, setpgid]
SyscallResult sys_setsid(task_struct&, const SyscallArgs&) { return unexpected(Errno::eperm); }
SyscallResult sys_setpgid(task_struct& task, const SyscallArgs& args) {
  if (args.s32(1) < 0) return unexpected(Errno::einval);
  if (!is_self(task, args.s32(0))) return unexpected(Errno::esrch);
  return unexpected(Errno::eperm);
}

SyscallResult sys_getuid32(task_struct& task, const SyscallArgs&) { return task.uid; }
SyscallResult sys_getgid32(task_struct& task, const SyscallArgs&) { return task.gid; }
/// Ids that do not fit 16 bits read as the overflow id. [linux include/linux/highuid.h:high2lowuid]
SyscallResult sys_getuid(task_struct& task, const SyscallArgs&) { return task.uid > 0xffff ? 65534 : task.uid; }
SyscallResult sys_getgid(task_struct& task, const SyscallArgs&) { return task.gid > 0xffff ? 65534 : task.gid; }
SyscallResult sys_getresuid32(task_struct& task, const SyscallArgs& args) { return store_ids(task, args, task.uid); }
SyscallResult sys_getresgid32(task_struct& task, const SyscallArgs& args) { return store_ids(task, args, task.gid); }
SyscallResult sys_setuid32(task_struct& task, const SyscallArgs& args) {
  if (args[0] == unchanged_id) return unexpected(Errno::einval);
  return set_id(task, task.uid, {args[0]});
}
SyscallResult sys_setgid32(task_struct& task, const SyscallArgs& args) {
  if (args[0] == unchanged_id) return unexpected(Errno::einval);
  return set_id(task, task.gid, {args[0]});
}
SyscallResult sys_setreuid32(task_struct& task, const SyscallArgs& args) {
  return set_id(task, task.uid, {args[0], args[1]});
}
SyscallResult sys_setregid32(task_struct& task, const SyscallArgs& args) {
  return set_id(task, task.gid, {args[0], args[1]});
}
SyscallResult sys_setresuid32(task_struct& task, const SyscallArgs& args) {
  return set_id(task, task.uid, {args[0], args[1], args[2]});
}
SyscallResult sys_setresgid32(task_struct& task, const SyscallArgs& args) {
  return set_id(task, task.gid, {args[0], args[1], args[2]});
}
/// The answer is the id as it was, whatever happens. [linux kernel/sys.c:__sys_setfsuid]
SyscallResult sys_setfsuid32(task_struct& task, const SyscallArgs&) { return task.uid; }
SyscallResult sys_setfsgid32(task_struct& task, const SyscallArgs&) { return task.gid; }
/// No supplementary groups.
SyscallResult sys_getgroups32(task_struct&, const SyscallArgs& args) {
  if (args.s32(0) < 0) return unexpected(Errno::einval);
  return 0;
}
SyscallResult sys_setgroups32(task_struct& task, const SyscallArgs& args) {
  constexpr std::uint32_t ngroups_max = 65536;
  if (!task.has_admin_capability()) return unexpected(Errno::eperm);
  if (args[0] > ngroups_max) return unexpected(Errno::einval);
  return 0;
}

/// capget and capset: root has them all, others none. [linux kernel/capability.c]
SyscallResult sys_capget(task_struct& task, const SyscallArgs& args) {
  constexpr std::uint32_t version_1 = 0x19980330, version_2 = 0x20071026, version_3 = 0x20080522;
  LPAEMU_TRY(header, get_user<abi::cap_header>(*task.mm, args.addr(0)));
  if (header.version != version_1 && header.version != version_2 && header.version != version_3) {
    LPAEMU_TRY_VOID(put_user(*task.mm, args.addr(0), version_3));
    if (args[1] == 0) return 0;
    return unexpected(Errno::einval);
  }
  if (header.pid < 0) return unexpected(Errno::einval);
  if (!is_self(task, header.pid)) return unexpected(Errno::esrch);
  constexpr std::uint32_t all_low = 0xffffffff, all_high = 0x1ff;  // 41 capabilities
  const std::uint32_t low = task.has_admin_capability() ? all_low : 0;
  const std::uint32_t high = task.has_admin_capability() ? all_high : 0;
  const std::array<abi::cap_data, 2> data{abi::cap_data{low, low, 0}, abi::cap_data{high, high, 0}};
  const std::size_t words = header.version == version_1 ? 1 : 2;
  if (copy_to_user(*task.mm, args.addr(1), std::as_bytes(std::span{data}.first(words))) != 0)
    return unexpected(Errno::efault);
  return 0;
}
SyscallResult sys_capset(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY(header, get_user<abi::cap_header>(*task.mm, args.addr(0)));
  LPAEMU_TRY_VOID(get_user<abi::cap_data>(*task.mm, args.addr(1)));
  if (!is_self(task, header.pid)) return unexpected(Errno::eperm);
  return 0;
}

// ---- Threads -------------------------------------------------------------------------------------------------------

SyscallResult sys_set_tid_address(task_struct& task, const SyscallArgs& args) {
  task.clear_child_tid = args.addr(0);
  return static_cast<std::uint32_t>(task.pid);
}

SyscallResult sys_set_robust_list(task_struct& task, const SyscallArgs& args) {
  constexpr std::uint32_t head_bytes = 12;
  if (args[1] != head_bytes) return unexpected(Errno::einval);
  task.robust_list = args.addr(0);
  return 0;
}
SyscallResult sys_get_robust_list(task_struct& task, const SyscallArgs& args) {
  constexpr std::uint32_t head_bytes = 12;
  if (!is_self(task, args.s32(0))) return unexpected(Errno::esrch);
  LPAEMU_TRY_VOID(put_user(*task.mm, args.addr(2), head_bytes));
  LPAEMU_TRY_VOID(put_user(*task.mm, args.addr(1), task.robust_list.raw()));
  return 0;
}

/// With one task each barrier is passed at once. [linux kernel/sched/membarrier.c]
SyscallResult sys_membarrier(task_struct& task, const SyscallArgs& args) {
  enum : std::uint32_t {
    query = 0,
    global = 1,
    global_expedited = 2,
    register_global = 4,
    private_expedited = 8,
    register_private = 16
  };
  if (args[1] != 0) return unexpected(Errno::einval);
  switch (args[0]) {
    case query: return global | global_expedited | register_global | private_expedited | register_private;
    case register_private: task.membarrier_registered = true; return 0;
    case private_expedited:
      if (!task.membarrier_registered) return unexpected(Errno::eperm);
      return 0;
    case global:
    case global_expedited:
    case register_global: return 0;
    default: return unexpected(Errno::einval);
  }
}

// ---- Scheduling: one CPU, one task, SCHED_OTHER, nice 0 ------------------------------------------------------------

SyscallResult sys_sched_yield(task_struct&, const SyscallArgs&) { return 0; }

/// [linux kernel/sched/syscalls.c:sys_sched_getaffinity]
SyscallResult sys_sched_getaffinity(task_struct& task, const SyscallArgs& args) {
  constexpr std::uint32_t mask_bytes = 4, only_cpu = 1;
  if (args[1] < mask_bytes || args[1] % mask_bytes != 0) return unexpected(Errno::einval);
  if (!is_self(task, args.s32(0))) return unexpected(Errno::esrch);
  LPAEMU_TRY_VOID(put_user(*task.mm, args.addr(2), only_cpu));
  return mask_bytes;
}
SyscallResult sys_sched_setaffinity(task_struct& task, const SyscallArgs& args) {
  std::uint8_t first = 0;
  if (args[1] != 0) {
    LPAEMU_TRY(given, get_user<std::uint8_t>(*task.mm, args.addr(2)));
    first = given;
  }
  if (!is_self(task, args.s32(0))) return unexpected(Errno::esrch);
  if ((first & 1) == 0) return unexpected(Errno::einval);
  return 0;
}

SyscallResult sys_getcpu(task_struct& task, const SyscallArgs& args) {
  for (const std::size_t index : {0U, 1U})
    if (args[index] != 0) LPAEMU_TRY_VOID(put_user(*task.mm, args.addr(index), std::uint32_t{0}));
  return 0;
}

SyscallResult sys_sched_getscheduler(task_struct& task, const SyscallArgs& args) {
  return only_self(task, args.s32(0), 0);
}
SyscallResult sys_sched_getparam(task_struct& task, const SyscallArgs& args) {
  if (args[1] == 0) return unexpected(Errno::einval);
  LPAEMU_TRY_VOID(only_self(task, args.s32(0), 0));
  LPAEMU_TRY_VOID(put_user(*task.mm, args.addr(1), std::uint32_t{0}));
  return 0;
}

/// [linux kernel/sched/syscalls.c:sys_sched_get_priority_max]
static SyscallResult priority_limit(std::uint32_t policy, std::uint32_t realtime) {
  enum : std::uint32_t { other = 0, fifo = 1, round_robin = 2, batch = 3, idle = 5, deadline = 6 };
  switch (policy) {
    case fifo:
    case round_robin: return realtime;
    case other:
    case batch:
    case idle:
    case deadline: return 0;
    default: return unexpected(Errno::einval);
  }
}
SyscallResult sys_sched_get_priority_max(task_struct&, const SyscallArgs& args) {
  constexpr std::uint32_t highest = 99;
  return priority_limit(args[0], highest);
}
SyscallResult sys_sched_get_priority_min(task_struct&, const SyscallArgs& args) { return priority_limit(args[0], 1); }

/// The answer is 20 minus the nice value. [linux kernel/sys.c:sys_getpriority]
SyscallResult sys_getpriority(task_struct&, const SyscallArgs& args) {
  constexpr std::uint32_t PRIO_USER = 2, nice_0 = 20;
  if (args[0] > PRIO_USER) return unexpected(Errno::einval);
  return nice_0;
}
SyscallResult sys_setpriority(task_struct& task, const SyscallArgs& args) {
  constexpr std::uint32_t PRIO_USER = 2;
  if (args[0] > PRIO_USER) return unexpected(Errno::einval);
  if (args.s32(2) < 0 && !task.has_admin_capability()) return unexpected(Errno::eacces);
  return 0;
}
SyscallResult sys_nice(task_struct& task, const SyscallArgs& args) {
  if (args.s32(0) < 0 && !task.has_admin_capability()) return unexpected(Errno::eperm);
  return 0;
}

}  // namespace lpaemu::kernel
