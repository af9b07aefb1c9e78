// The text of system calls.
#include "lpaemu/kernel_model/syscalls/strace.h"

#include "lpaemu/kernel_model/mm/mmap.h"
#include "machine.h"

namespace lpaemu::kernel {
namespace {

using testing::Machine;

struct Traced : Machine {
  Traced() : strace{[this](std::string_view line) { lines.emplace_back(line); }} {
    start();
    kernel.set_tracer(&strace);
  }
  std::string line_of(std::uint32_t number, std::initializer_list<std::uint32_t> args) {
    lines.clear();
    static_cast<void>(next(SyscallPlace::outer_loop, number, args));
    REQUIRE(lines.size() == 1);
    return lines.front();
  }
  std::vector<std::string> lines;
  Strace strace;
};

TEST_CASE("well-known calls read as strace shows them", "[kernel][strace]") {
  Traced m;
  const std::uint32_t at_fdcwd = static_cast<std::uint32_t>(-100);
  const std::uint32_t none = m.string("/tmp/none"), fresh = m.string("/tmp/new"), text = m.string("hi\n\"\x01");
  m.lines.clear();
  CHECK(m.line_of(nr::openat, {at_fdcwd, none, O_RDONLY | O_CLOEXEC}) ==
        R"(openat(AT_FDCWD, "/tmp/none", O_RDONLY|O_CLOEXEC, 0) = -1 ENOENT (No such file or directory))");
  CHECK(m.line_of(nr::open, {fresh, O_RDWR | O_CREAT, 0644}) == R"(open("/tmp/new", O_RDWR|O_CREAT, 0644) = 3)");
  CHECK(m.line_of(nr::write, {3, text, 5}) == R"(write(3, "hi\n\"\x01", 5) = 5)");
  CHECK(m.line_of(nr::lseek, {3, static_cast<std::uint32_t>(-2), 2}) == "lseek(3, -2, SEEK_END) = 3");
  const VirtAddr buffer = m.map();
  CHECK(m.line_of(nr::pread64, {3, buffer.raw(), 2, 0, 0, 0}) == "pread64(3, \"hi\", 2, 0) = 2");
  CHECK(m.line_of(nr::ftruncate64, {3, 0, 1, 1}) == "ftruncate64(3, 4294967297) = 0");
  CHECK(m.line_of(nr::close, {99}) == "close(99) = -1 EBADF (Bad file descriptor)");
  CHECK(m.line_of(nr::mmap2, {0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0xffffffff, 0})
            .starts_with("mmap2(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x"));
  CHECK(m.line_of(nr::kill, {1, 0}) == "kill(1, 0) = 0");
  CHECK(m.line_of(nr::kill, {2, sigterm}) == "kill(2, SIGTERM) = -1 ESRCH (No such process)");
  CHECK(m.line_of(nr::getpid, {}) == "getpid() = 1");
  m.put(buffer, std::array<std::int32_t, 2>{1, 5});
  CHECK(m.line_of(nr::nanosleep, {buffer.raw(), 0}) == "nanosleep({tv_sec=1, tv_nsec=5}, NULL) = 0");
  CHECK(m.line_of(nr::exit_group, {3}) == "exit_group(3) = ?");
}

TEST_CASE("what is not in memory is shown as an address and not faulted in", "[kernel][strace]") {
  Traced m;
  const VirtAddr untouched = m.map();
  const std::uint64_t resident = m.mm().rss.total();
  CHECK(m.line_of(nr::open, {0x5000, O_RDONLY}) == "open(0x5000, O_RDONLY, 0) = -1 EFAULT (Bad address)");
  CHECK(m.line_of(nr::close, {7}).starts_with("close(7)"));
  CHECK(m.line_of(nr::poll, {untouched.raw(), 0, 0}).starts_with("poll(0x"));
  CHECK(m.mm().rss.total() == resident);
}

TEST_CASE("others are shown in hexadecimal, long data is cut", "[kernel][strace]") {
  Traced m;
  const std::uint32_t text = m.string(std::string(100, 'a'));
  CHECK(m.line_of(nr::write, {1, text, 100}) == "write(1, \"" + std::string(32, 'a') + "\"..., 100) = 100");
  CHECK(m.line_of(nr::socket, {1, 2, 3}) == "socket(0x1, 0x2, 0x3, 0, 0, 0) = -1 ENOSYS (Function not implemented)");
  CHECK(m.line_of(500, {1}).starts_with("syscall_0x1f4(0x1, "));
}

TEST_CASE("a wait that the host interrupts has no result", "[kernel][strace]") {
  Traced m;
  CHECK(m.line_of(nr::pause, {}) == "pause() = ?");
}

}  // namespace
}  // namespace lpaemu::kernel
