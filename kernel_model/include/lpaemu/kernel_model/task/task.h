// A process or thread: Linux's task_struct. [linux include/linux/sched.h]
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lpaemu/kernel_model/cpu.h"
#include "lpaemu/kernel_model/fs/fd_table.h"
#include "lpaemu/kernel_model/fs/vfs.h"
#include "lpaemu/kernel_model/mm/mm_struct.h"
#include "lpaemu/kernel_model/task/rlimit.h"

namespace lpaemu::kernel {

class Kernel;

/// One entry of the signal table, as rt_sigaction sees it. [linux arch/arm/include/uapi/asm/signal.h]
struct k_sigaction {
  std::uint32_t handler = 0;  // 0 SIG_DFL, 1 SIG_IGN, else an address
  std::uint32_t flags = 0;
  std::uint32_t restorer = 0;
  std::uint64_t mask = 0;
};

/// Why a signal was raised.
struct siginfo {
  int signo = 0;
  int code = 0;
  VirtAddr addr{};        // si_addr for faults
  std::uint32_t fsr = 0;  // the fault status word, 0 when no fault raised it
  std::int32_t sender_pid = 0;
};

inline constexpr int signal_count = 64;

// Bits of task_struct::personality. [linux include/uapi/linux/personality.h]
inline constexpr std::uint32_t READ_IMPLIES_EXEC = 0x00400000, ADDR_LIMIT_32BIT = 0x00800000;

struct task_struct {
  Kernel* kernel = nullptr;
  std::int32_t pid = 1;   // of this thread
  std::int32_t tgid = 1;  // of its process
  std::int32_t ppid = 0;
  std::string comm;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::shared_ptr<mm_struct> mm;
  std::shared_ptr<FdTable> files;
  Path cwd;
  std::uint32_t umask = 022;
  std::string exe;  // path of the program
  std::shared_ptr<Inode> exe_inode;
  std::vector<std::uint32_t> auxv;  // as it stands on the stack, for /proc/PID/auxv
  std::uint32_t tls = 0;
  std::uint32_t personality = ADDR_LIMIT_32BIT;
  bool no_new_privs = false;
  bool membarrier_registered = false;
  VirtAddr clear_child_tid;
  VirtAddr robust_list;
  std::array<k_sigaction, signal_count + 1> sigactions{};
  std::uint64_t blocked = 0;  // bit n-1: signal n
  std::uint64_t pending = 0;
  std::array<siginfo, signal_count + 1> pending_info{};
  std::uint32_t alt_stack_sp = 0, alt_stack_size = 0, alt_stack_flags = 2;  // SS_DISABLE
  std::array<std::uint64_t, RLIM_NLIMITS> rlimit_soft{};
  std::array<std::uint64_t, RLIM_NLIMITS> rlimit_hard{};
  std::uint64_t start_time_ns = 0;
  /// When a wait that the host cut short was to end: the call is made again and keeps it. [linux restart_block]
  std::optional<Nanoseconds> restart_deadline;
  std::optional<std::uint32_t> exit_status;  // wait status, once it has ended

  [[nodiscard]] bool has_admin_capability() const { return uid == 0; }
};

}  // namespace lpaemu::kernel
