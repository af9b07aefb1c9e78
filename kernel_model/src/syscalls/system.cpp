// The machine and the process's settings: uname, sysinfo, limits, prctl, randomness, ARM's private calls.
// [linux kernel/sys.c, drivers/char/random.c, arch/arm/kernel/traps.c]
#include <algorithm>
#include <array>
#include <cstring>

#include "abi.h"
#include "common.h"
#include "handlers.h"
#include "lpaemu/kernel_model/version.h"

namespace lpaemu::kernel {
namespace {

constexpr std::uint32_t RLIM32_INFINITY = ~0U;

/// [linux kernel/sys.c:do_prlimit]
Result<void> set_limit(task_struct& task, std::uint32_t resource, const abi::rlimit64& limit) {
  constexpr std::uint64_t sysctl_nr_open = 1048576;
  if (limit.cur > limit.max) return unexpected(Errno::einval);
  if (resource == RLIMIT_NOFILE && limit.max > sysctl_nr_open) return unexpected(Errno::eperm);
  if (limit.max > task.rlimit_hard[resource] && !task.has_admin_capability()) return unexpected(Errno::eperm);
  task.rlimit_soft[resource] = limit.cur;
  task.rlimit_hard[resource] = limit.max;
  if (resource == RLIMIT_STACK)
    task.mm->rlimit_stack = static_cast<std::uint32_t>(std::min<std::uint64_t>(limit.cur, RLIM32_INFINITY));
  return {};
}

void put_text(std::array<char, 65>& field, std::string_view text) { text.copy(field.data(), field.size() - 1); }

}  // namespace

/// [linux kernel/sys.c:sys_newuname]
SyscallResult sys_uname(task_struct& task, const SyscallArgs& args) {
  abi::utsname name{};
  put_text(name.sysname, "Linux");
  put_text(name.nodename, "lpaemu");
  put_text(name.release, kernel_release);
  put_text(name.version, kernel_version);
  put_text(name.machine, "armv7l");
  put_text(name.domainname, "(none)");
  LPAEMU_TRY_VOID(put_user(*task.mm, args.addr(0), name));
  return 0;
}

/// Sizes are bytes as long as they fit 32 bits, else pages. [linux kernel/sys.c:do_sysinfo]
SyscallResult sys_sysinfo(task_struct& task, const SyscallArgs& args) {
  PageAllocator& pages = task.kernel->pages();
  const bool small = pages.total_pages() * mmu::PAGE_SIZE <= ~std::uint32_t{0};
  const std::uint32_t unit = small ? mmu::PAGE_SIZE : 1;
  abi::sysinfo info{};
  info.uptime = static_cast<std::int32_t>(
      std::chrono::duration_cast<std::chrono::seconds>(task.kernel->host().monotonic()).count());
  info.totalram = static_cast<std::uint32_t>(pages.total_pages() * unit);
  info.freeram = static_cast<std::uint32_t>(pages.free_pages() * unit);
  info.procs = 1;
  info.mem_unit = small ? 1 : mmu::PAGE_SIZE;
  LPAEMU_TRY_VOID(put_user(*task.mm, args.addr(0), info));
  return 0;
}

// ---- Limits --------------------------------------------------------------------------------------------------------

SyscallResult sys_prlimit64(task_struct& task, const SyscallArgs& args) {
  const std::uint32_t resource = args[1];
  std::optional<abi::rlimit64> limit;
  if (args[2] != 0) {
    LPAEMU_TRY(given, get_user<abi::rlimit64>(*task.mm, args.addr(2)));
    limit = given;
  }
  const std::int32_t pid = args.s32(0);
  if (pid != 0 && pid != task.pid) return unexpected(Errno::esrch);
  if (resource >= RLIM_NLIMITS) return unexpected(Errno::einval);
  const abi::rlimit64 old{task.rlimit_soft[resource], task.rlimit_hard[resource]};
  if (limit) LPAEMU_TRY_VOID(set_limit(task, resource, *limit));
  if (args[3] != 0) LPAEMU_TRY_VOID(put_user(*task.mm, args.addr(3), old));
  return 0;
}

SyscallResult sys_ugetrlimit(task_struct& task, const SyscallArgs& args) {
  const std::uint32_t resource = args[0];
  if (resource >= RLIM_NLIMITS) return unexpected(Errno::einval);
  const auto narrow = [](std::uint64_t value) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(value, RLIM32_INFINITY));
  };
  const abi::rlimit limit{narrow(task.rlimit_soft[resource]), narrow(task.rlimit_hard[resource])};
  LPAEMU_TRY_VOID(put_user(*task.mm, args.addr(1), limit));
  return 0;
}

SyscallResult sys_setrlimit(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY(limit, get_user<abi::rlimit>(*task.mm, args.addr(1)));
  if (args[0] >= RLIM_NLIMITS) return unexpected(Errno::einval);
  const auto widen = [](std::uint32_t value) { return value == RLIM32_INFINITY ? RLIM_INFINITY : value; };
  LPAEMU_TRY_VOID(set_limit(task, args[0], {widen(limit.cur), widen(limit.max)}));
  return 0;
}

// ---- prctl, personality --------------------------------------------------------------------------------------------

namespace {

constexpr std::size_t TASK_COMM_LEN = 16;  // with the NUL

/// PR_SET_NAME: at most 15 bytes are read, whether a NUL comes or not.
SyscallResult set_comm(task_struct& task, VirtAddr from) {
  auto text = strncpy_from_user(*task.mm, from, TASK_COMM_LEN - 1);
  if (!text && text.error() == Errno::enametoolong) {
    LPAEMU_TRY(whole, (get_user<std::array<char, TASK_COMM_LEN - 1>>(*task.mm, from)));
    task.comm.assign(whole.begin(), whole.end());
    return 0;
  }
  if (!text) return unexpected(text.error());
  task.comm = std::move(*text);
  return 0;
}

SyscallResult get_comm(task_struct& task, VirtAddr to) {
  std::array<char, TASK_COMM_LEN> name{};
  task.comm.copy(name.data(), name.size() - 1);
  LPAEMU_TRY_VOID(put_user(*task.mm, to, name));
  return 0;
}

}  // namespace

/// [linux kernel/sys.c:sys_prctl]
SyscallResult sys_prctl(task_struct& task, const SyscallArgs& args) {
  enum : std::uint32_t {
    set_pdeathsig = 1,
    get_pdeathsig = 2,
    get_dumpable = 3,
    set_dumpable = 4,
    set_name = 15,
    get_name = 16,
    capbset_read = 23,
    set_no_new_privs = 38,
    get_no_new_privs = 39
  };
  switch (args[0]) {
    case set_name: return set_comm(task, args.addr(1));
    case get_name: return get_comm(task, args.addr(1));
    case set_pdeathsig:
      if (args[1] > signal_count) return unexpected(Errno::einval);
      return 0;
    case get_pdeathsig: LPAEMU_TRY_VOID(put_user(*task.mm, args.addr(1), std::uint32_t{0})); return 0;
    case get_dumpable: return 1;
    case set_dumpable:
      if (args[1] > 1) return unexpected(Errno::einval);
      return 0;
    case capbset_read: {
      constexpr std::uint32_t CAP_LAST_CAP = 40;
      if (args[1] > CAP_LAST_CAP) return unexpected(Errno::einval);
      return 1;
    }
    case set_no_new_privs:
      if (args[1] != 1 || args[2] != 0 || args[3] != 0 || args[4] != 0) return unexpected(Errno::einval);
      task.no_new_privs = true;
      return 0;
    case get_no_new_privs: return task.no_new_privs ? 1 : 0;
    default: return unexpected(Errno::einval);
  }
}

/// [linux kernel/exec_domain.c]
SyscallResult sys_personality(task_struct& task, const SyscallArgs& args) {
  constexpr std::uint32_t query = 0xffffffff;
  const std::uint32_t old = task.personality;
  if (args[0] != query) task.personality = args[0];
  return old;
}

// ---- Randomness ----------------------------------------------------------------------------------------------------

/// [linux drivers/char/random.c:sys_getrandom]
SyscallResult sys_getrandom(task_struct& task, const SyscallArgs& args) {
  constexpr std::uint32_t GRND_NONBLOCK = 1, GRND_RANDOM = 2, GRND_INSECURE = 4;
  const std::uint32_t flags = args[2];
  if (!has_only(flags, GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) return unexpected(Errno::einval);
  if ((flags & GRND_RANDOM) != 0 && (flags & GRND_INSECURE) != 0) return unexpected(Errno::einval);
  const std::uint32_t wanted = std::min(args[1], MAX_RW_COUNT);
  std::array<std::byte, mmu::PAGE_SIZE> buffer;
  std::uint32_t done = 0;
  while (done < wanted) {
    const std::span<std::byte> chunk = std::span{buffer}.first(std::min<std::size_t>(wanted - done, buffer.size()));
    task.kernel->host().fill_random(chunk);
    const std::size_t left = copy_to_user(*task.mm, args.addr(0) + done, chunk);
    done += static_cast<std::uint32_t>(chunk.size() - left);
    if (left != 0 && done == 0) return unexpected(Errno::efault);
    if (left != 0 || task.kernel->host().interrupted()) break;
  }
  return done;
}

// ---- ARM's own calls -----------------------------------------------------------------------------------------------

SyscallResult sys_arm_set_tls(task_struct& task, const SyscallArgs& args) {
  task.tls = args[0];
  task.kernel->cpu().set_tls(args[0]);
  return 0;
}
SyscallResult sys_arm_get_tls(task_struct& task, const SyscallArgs&) { return task.tls; }

/// r0 stays as it is. [linux arch/arm/kernel/traps.c:arm_syscall, ptrace.c:ptrace_break]
SyscallResult sys_arm_breakpoint(task_struct& task, const SyscallArgs& args) {
  task.kernel->force({.signo = sigtrap, .code = trap_brkpt, .addr = task.kernel->svc_address()});
  return args[0];
}

/// usr26 and usr32 switch between modes that this CPU does not have.
SyscallResult sys_arm_usr_mode(task_struct& task, const SyscallArgs& args) {
  task.kernel->force({.signo = sigill, .code = ill_illtrp, .addr = task.kernel->svc_address()});
  return args[0];
}

}  // namespace lpaemu::kernel
