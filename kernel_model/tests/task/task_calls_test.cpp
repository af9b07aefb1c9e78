// Identity, limits, the machine, the end. [linux kernel/sys.c]
#include <catch2/generators/catch_generators.hpp>

#include "machine.h"

namespace lpaemu::kernel {
namespace {

using testing::bad_pointer;
using testing::failed;
using testing::Machine;

TEST_CASE("exit status keeps 8 bits", "[kernel][sys_exit_group]") {
  const auto number = GENERATE(nr::exit, nr::exit_group);
  Machine m;
  m.start();
  CHECK(m.next(SyscallPlace::outer_loop, number, {0x12a}) == Next::exited);
  CHECK(m.kernel.exited());
  CHECK_FALSE(m.kernel.exit_report().killed);
  CHECK(m.kernel.exit_report().status == 0x2a);
  CHECK(m.task().exit_status == 0x2a00);
}

TEST_CASE("who am I", "[kernel][sys_getpid][sys_getuid32]") {
  Machine m{1000};
  m.start();
  CHECK(m.call(nr::getpid) == 1);
  CHECK(m.call(nr::gettid) == 1);
  CHECK(m.call(nr::getppid) == 0);
  CHECK(m.call(nr::getpgid, {0}) == 1);
  CHECK(m.call(nr::getpgid, {77}) == failed(Errno::esrch));
  CHECK(m.call(nr::getsid, {0}) == 1);
  CHECK(m.call(nr::setsid) == failed(Errno::eperm));
  CHECK(m.call(nr::geteuid32) == 1000);
  CHECK(m.call(nr::getegid32) == 1000);
  CHECK(m.call(nr::getuid) == 1000);
  CHECK(m.call(nr::setuid32, {1000}) == 0);
  CHECK(m.call(nr::setuid32, {0}) == failed(Errno::eperm));
  CHECK(m.call(nr::setgid32, {0xffffffff}) == failed(Errno::einval));
  CHECK(m.call(nr::setresuid32, {0xffffffff, 1000, 0xffffffff}) == 0);
  CHECK(m.call(nr::setresuid32, {0xffffffff, 5, 0xffffffff}) == failed(Errno::eperm));
  const VirtAddr ids = m.map();
  CHECK(m.call(nr::getresuid32, {ids.raw(), ids.raw() + 4, ids.raw() + 8}) == 0);
  CHECK(m.get<std::array<std::uint32_t, 3>>(ids) == std::array<std::uint32_t, 3>{1000, 1000, 1000});
  CHECK(m.call(nr::getgroups32, {0, 0}) == 0);
  CHECK(m.call(nr::setgroups32, {0, 0}) == failed(Errno::eperm));
}

TEST_CASE("root gives up being root for good", "[kernel][sys_setuid32]") {
  Machine m;
  m.start();
  CHECK(m.call(nr::setgid32, {1000}) == 0);
  CHECK(m.call(nr::setuid32, {1000}) == 0);
  CHECK(m.call(nr::setuid32, {0}) == failed(Errno::eperm));
  CHECK(m.call(nr::getuid32) == 1000);
}

TEST_CASE("there are no children", "[kernel][sys_wait4]") {
  Machine m;
  m.start();
  CHECK(m.call(nr::wait4, {0xffffffff, 0, 0, 0}) == failed(Errno::echild));
  CHECK(m.call(nr::wait4, {0xffffffff, 0, 0x100, 0}) == failed(Errno::einval));
  CHECK(m.call(nr::waitid, {0, 0, 0, 4, 0}) == failed(Errno::echild));
  CHECK(m.call(nr::waitid, {0, 0, 0, 0, 0}) == failed(Errno::einval));
  CHECK(m.call(nr::fork) == failed(Errno::enosys));
  CHECK(m.call(nr::clone) == failed(Errno::enosys));
  CHECK(m.call(nr::execve) == failed(Errno::enosys));
}

TEST_CASE("limits", "[kernel][sys_prlimit64][sys_ugetrlimit][sys_setrlimit]") {
  Machine m{1000};
  m.start();
  const VirtAddr limit = m.map();
  CHECK(m.call(nr::ugetrlimit, {3, limit.raw()}) == 0);
  CHECK(m.get<std::array<std::uint32_t, 2>>(limit) == std::array{8U << 20, 0xffffffffU});
  CHECK(m.call(nr::prlimit64, {0, 7, 0, limit.raw()}) == 0);
  CHECK(m.get<std::array<std::uint64_t, 2>>(limit) == std::array<std::uint64_t, 2>{1024, 1024});
  m.put(limit, std::array<std::uint64_t, 2>{4U << 20, ~std::uint64_t{0}});
  CHECK(m.call(nr::prlimit64, {1, 3, limit.raw(), limit.raw() + 16}) == 0);
  CHECK(m.mm().rlimit_stack == 4U << 20);
  CHECK(m.get<std::uint64_t>(limit + 16) == 8U << 20);
  m.put(limit, std::array<std::uint32_t, 2>{1U << 20, 2U << 20});
  CHECK(m.call(nr::setrlimit, {3, limit.raw()}) == 0);
  m.put(limit, std::array<std::uint32_t, 2>{1U << 20, 0xffffffff});
  CHECK(m.call(nr::setrlimit, {3, limit.raw()}) == failed(Errno::eperm));  // back up again
  m.put(limit, std::array<std::uint32_t, 2>{2, 1});
  CHECK(m.call(nr::setrlimit, {3, limit.raw()}) == failed(Errno::einval));
  CHECK(m.call(nr::setrlimit, {16, limit.raw()}) == failed(Errno::einval));
  CHECK(m.call(nr::prlimit64, {77, 3, 0, limit.raw()}) == failed(Errno::esrch));
  CHECK(m.call(nr::prlimit64, {0, 3, bad_pointer, 0}) == failed(Errno::efault));
}

TEST_CASE("uname and sysinfo", "[kernel][sys_uname][sys_sysinfo]") {
  Machine m;
  m.start();
  const VirtAddr buffer = m.map();
  CHECK(m.call(nr::uname, {buffer.raw()}) == 0);
  CHECK(m.peek_string(buffer) == "Linux");
  CHECK(m.peek_string(buffer + 130).starts_with("6.12."));
  CHECK(m.peek_string(buffer + 260) == "armv7l");
  CHECK(m.call(nr::uname, {bad_pointer}) == failed(Errno::efault));
  CHECK(m.call(nr::sysinfo, {buffer.raw()}) == 0);
  CHECK(m.get<std::uint32_t>(buffer) == 1000);
  CHECK(m.get<std::uint32_t>(buffer + 16) == Machine::default_ram);
  CHECK(m.get<std::uint16_t>(buffer + 40) == 1);
  CHECK(m.get<std::uint32_t>(buffer + 52) == 1);
}

TEST_CASE("prctl", "[kernel][sys_prctl]") {
  Machine m;
  m.start();
  const VirtAddr name = m.map();
  CHECK(m.call(nr::prctl, {15, m.string("a name of more than 15 bytes")}) == 0);
  CHECK(m.task().comm == "a name of more ");
  CHECK(m.call(nr::prctl, {16, name.raw()}) == 0);
  CHECK(m.peek_string(name) == "a name of more ");
  CHECK(m.call(nr::prctl, {15, m.string("short")}) == 0);
  CHECK(m.task().comm == "short");
  CHECK(m.call(nr::prctl, {15, bad_pointer}) == failed(Errno::efault));
  CHECK(m.call(nr::prctl, {38, 1, 0, 0, 0}) == 0);
  CHECK(m.call(nr::prctl, {39, 0, 0, 0, 0}) == 1);
  CHECK(m.call(nr::prctl, {0x53564d41, 0, 0, 0, 0}) == failed(Errno::einval));
}

TEST_CASE("getrandom", "[kernel][sys_getrandom]") {
  Machine m;
  m.start();
  const VirtAddr buffer = m.map(2);
  REQUIRE(m.call(nr::munmap, {buffer.raw() + 4096, 4096}) == 0);
  CHECK(m.call(nr::getrandom, {buffer.raw(), 16, 0}) == 16);
  CHECK(m.peek(buffer, 16) != std::string(16, '\0'));
  CHECK(m.call(nr::getrandom, {buffer.raw(), 8192, 1}) == 4096);
  CHECK(m.call(nr::getrandom, {buffer.raw(), 0, 0}) == 0);
  CHECK(m.call(nr::getrandom, {bad_pointer, 1, 0}) == failed(Errno::efault));
  CHECK(m.call(nr::getrandom, {buffer.raw(), 1, 8}) == failed(Errno::einval));
  CHECK(m.call(nr::getrandom, {buffer.raw(), 1, 6}) == failed(Errno::einval));
}

TEST_CASE("what thread libraries ask for at the start", "[kernel][sys_set_tid_address][sys_set_robust_list]") {
  Machine m;
  m.start();
  CHECK(m.call(nr::set_tid_address, {0x12000}) == 1);
  CHECK(m.call(nr::set_robust_list, {0x12000, 12}) == 0);
  CHECK(m.call(nr::set_robust_list, {0x12000, 24}) == failed(Errno::einval));
  const VirtAddr out = m.map();
  CHECK(m.call(nr::get_robust_list, {0, out.raw(), out.raw() + 4}) == 0);
  CHECK(m.get<std::array<std::uint32_t, 2>>(out) == std::array{0x12000U, 12U});
  CHECK(m.call(nr::rseq) == failed(Errno::enosys));
  CHECK(m.call(nr::set_tls, {0xb6f00000}) == 0);
  CHECK(m.cpu.tls == 0xb6f00000);
  CHECK(static_cast<std::uint32_t>(m.call(nr::get_tls)) == 0xb6f00000);
}

TEST_CASE("scheduling and capabilities", "[kernel][sys_sched_getaffinity][sys_membarrier][sys_capget]") {
  Machine m;
  m.start();
  const VirtAddr out = m.map();
  CHECK(m.call(nr::sched_getaffinity, {0, 128, out.raw()}) == 4);
  CHECK(m.get<std::uint32_t>(out) == 1);
  CHECK(m.call(nr::sched_getaffinity, {0, 2, out.raw()}) == failed(Errno::einval));
  CHECK(m.call(nr::sched_getaffinity, {77, 4, out.raw()}) == failed(Errno::esrch));
  CHECK(m.call(nr::sched_yield) == 0);
  CHECK(m.call(nr::getcpu, {out.raw(), 0, 0}) == 0);
  CHECK(m.call(nr::membarrier, {8, 0}) == failed(Errno::eperm));
  CHECK(m.call(nr::membarrier, {16, 0}) == 0);
  CHECK(m.call(nr::membarrier, {8, 0}) == 0);
  CHECK(m.call(nr::getpriority, {0, 0}) == 20);
  m.put(out, std::array<std::uint32_t, 2>{0x20080522, 0});
  CHECK(m.call(nr::capget, {out.raw(), out.raw() + 8}) == 0);
  CHECK(m.get<std::uint32_t>(out + 8) == 0xffffffff);
  m.put(out, std::array<std::uint32_t, 2>{1, 0});
  CHECK(m.call(nr::capget, {out.raw(), 0}) == 0);
  CHECK(m.get<std::uint32_t>(out) == 0x20080522);
}

TEST_CASE("the table", "[kernel][syscalls]") {
  CHECK(syscall_table().size() > 400);
  CHECK(find_syscall(3)->name == "read");
  CHECK(find_syscall(403)->name == "clock_gettime64");
  CHECK(find_syscall(0x0f0005)->name == "set_tls");
  CHECK(find_syscall(7) == nullptr);   // waitpid: not in the EABI
  CHECK(find_syscall(90) == nullptr);  // mmap: not in the EABI
  CHECK(find_syscall(0xffffffff) == nullptr);
  for (const SyscallRow& row : syscall_table()) CHECK(find_syscall(row.number) == &row);
}

}  // namespace
}  // namespace lpaemu::kernel
