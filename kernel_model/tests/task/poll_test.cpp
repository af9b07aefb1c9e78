// poll, select and futex. [linux fs/select.c, kernel/futex]
#include <catch2/generators/catch_generators.hpp>

#include "machine.h"

namespace lpaemu::kernel {
namespace {

using testing::bad_pointer;
using testing::failed;
using testing::Machine;

constexpr auto outer = SyscallPlace::outer_loop;
constexpr std::uint16_t in = 1, out = 4, invalid = 0x20;

struct PollFd {
  std::int32_t fd;
  std::uint16_t events, revents;
};

TEST_CASE("poll answers what is ready now", "[kernel][sys_poll]") {
  Machine m;
  m.start();
  const std::uint32_t file = m.file("x");
  const VirtAddr fds = m.map();
  m.put(fds, std::array{PollFd{0, in, 9}, PollFd{1, in | out, 9}, PollFd{static_cast<std::int32_t>(file), in, 9},
                        PollFd{-1, in, 9}, PollFd{99, in, 9}});
  CHECK(m.call(nr::poll, {fds.raw(), 5, 0}) == 3);
  const auto result = m.get<std::array<PollFd, 5>>(fds);
  CHECK(result[0].revents == 0);
  CHECK(result[1].revents == out);
  CHECK(result[2].revents == in);
  CHECK(result[3].revents == 0);
  CHECK(result[4].revents == invalid);
  CHECK(m.host.waits == 0);
}

TEST_CASE("poll waits for input or for the time", "[kernel][sys_poll][sys_ppoll]") {
  Machine m;
  m.start();
  const VirtAddr fds = m.map();
  m.put(fds, PollFd{0, in, 0});
  const Nanoseconds start = m.host.now;
  CHECK(m.call(nr::poll, {fds.raw(), 1, 1500}) == 0);
  CHECK(m.host.now - start == std::chrono::milliseconds{1500});
  m.host.later_input.emplace_back("x");
  CHECK(m.call(nr::poll, {fds.raw(), 1, 0xffffffff}) == 1);
  m.host.input.clear();
  CHECK(m.next(outer, nr::poll, {fds.raw(), 1, 0xffffffff}) == Next::interrupted);
  CHECK(m.call(nr::poll, {0, 0, 100}) == 0);
  m.put(fds + 16, std::array<std::int32_t, 2>{1, 0});
  CHECK(m.call(nr::ppoll, {fds.raw(), 1, fds.raw() + 16, 0, 8}) == 0);
  CHECK(m.get<std::array<std::int32_t, 2>>(fds + 16) == std::array<std::int32_t, 2>{0, 0});  // what was left
  m.put(fds + 16, std::array<std::int64_t, 2>{1, 0});
  CHECK(m.call(nr::ppoll_time64, {fds.raw(), 1, fds.raw() + 16, 0, 8}) == 0);
  CHECK(m.host.now - start == std::chrono::milliseconds{3600});
}

TEST_CASE("poll waits for room in a full pipe", "[kernel][sys_poll]") {
  Machine m;
  m.start();
  const VirtAddr fds = m.map();
  m.put(fds, PollFd{1, out, 0});
  m.host.output_full = true;
  CHECK(m.call(nr::poll, {fds.raw(), 1, 10}) == 0);
  CHECK(m.host.waits == 10);
  m.host.output_full = false;
  CHECK(m.call(nr::poll, {fds.raw(), 1, 10}) == 1);
}

TEST_CASE("poll errors", "[kernel][sys_poll][sys_ppoll]") {
  Machine m;
  m.start();
  const VirtAddr fds = m.map();
  CHECK(m.call(nr::poll, {bad_pointer, 1, 0}) == failed(Errno::efault));
  CHECK(m.call(nr::poll, {fds.raw(), 1025, 0}) == failed(Errno::einval));
  CHECK(m.call(nr::poll, {0x10000, 1, 0}) == failed(Errno::efault));  // text: revents cannot be stored
  m.put(fds + 16, std::array<std::int32_t, 2>{-1, 0});
  CHECK(m.call(nr::ppoll, {fds.raw(), 0, fds.raw() + 16, 0, 8}) == failed(Errno::einval));
  CHECK(m.call(nr::ppoll, {fds.raw(), 0, 0, fds.raw(), 4}) == failed(Errno::einval));
}

TEST_CASE("a mask of ppoll that lets a signal through ends it", "[kernel][sys_ppoll]") {
  Machine m;
  m.start();
  const VirtAddr mask = m.map();
  set_blocked(m.task(), signal_bit(sigusr1));
  CHECK(m.call(nr::kill, {1, sigusr1}) == 0);
  CHECK(m.next(outer, nr::ppoll, {0, 0, 0, mask.raw(), 8}) == Next::exited);
  CHECK(m.kernel.exit_report().info.signo == sigusr1);
}

TEST_CASE("select", "[kernel][sys__newselect][sys_pselect6]") {
  Machine m;
  m.start();
  const VirtAddr sets = m.map();
  const std::uint32_t read = sets.raw(), write = sets.raw() + 256, time = sets.raw() + 512;
  m.put(VirtAddr{read}, std::uint32_t{1});
  m.put(VirtAddr{write}, std::uint32_t{2});
  CHECK(m.call(nr::_newselect, {2, read, write, 0, 0}) == 1);
  CHECK(m.get<std::uint32_t>(VirtAddr{read}) == 0);
  CHECK(m.get<std::uint32_t>(VirtAddr{write}) == 2);

  m.put(VirtAddr{read}, std::uint32_t{1});
  m.put(VirtAddr{time}, std::array<std::int32_t, 2>{2, 0});
  m.host.later_input.emplace_back("x");
  CHECK(m.call(nr::_newselect, {1, read, 0, 0, time}) == 1);
  CHECK(m.get<std::array<std::int32_t, 2>>(VirtAddr{time}) == std::array<std::int32_t, 2>{2, 0});
  m.host.input.clear();
  CHECK(m.call(nr::_newselect, {1, read, 0, 0, time}) == 0);
  CHECK(m.get<std::uint32_t>(VirtAddr{read}) == 0);
  CHECK(m.get<std::array<std::int32_t, 2>>(VirtAddr{time}) == std::array<std::int32_t, 2>{0, 0});

  m.put(VirtAddr{read}, std::uint32_t{1U << 31});
  CHECK(m.call(nr::_newselect, {32, read, 0, 0, 0}) == failed(Errno::ebadf));
  CHECK(m.call(nr::_newselect, {0xffffffff, 0, 0, 0, 0}) == failed(Errno::einval));
  CHECK(m.call(nr::_newselect, {1, bad_pointer, 0, 0, 0}) == failed(Errno::efault));
  m.put(VirtAddr{time}, std::array<std::int64_t, 2>{1, 0});
  CHECK(m.call(nr::pselect6_time64, {0, 0, 0, 0, time, 0}) == 0);
}

TEST_CASE("futex for one task", "[kernel][sys_futex]") {
  constexpr std::uint32_t wait = 0, wake = 1, wait_bitset = 9, private_flag = 128, realtime = 256;
  Machine m;
  m.start();
  const VirtAddr word = m.map();
  const std::uint32_t time = word.raw() + 16;
  m.put(word, std::uint32_t{5});
  m.put(VirtAddr{time}, std::array<std::int32_t, 2>{1, 0});
  CHECK(m.call(nr::futex, {word.raw(), wait, 4, 0}) == failed(Errno::eagain));
  const Nanoseconds start = m.host.now;
  CHECK(m.call(nr::futex, {word.raw(), wait | private_flag, 5, time}) == failed(Errno::etimedout));
  CHECK(m.host.now - start == std::chrono::seconds{1});
  CHECK(m.next(outer, nr::futex, {word.raw(), wait, 5, 0}) == Next::interrupted);
  CHECK(m.call(nr::futex, {word.raw(), wake, 1}) == 0);
  CHECK(m.call(nr::futex, {word.raw() + 1, wake, 1}) == failed(Errno::einval));
  CHECK(m.call(nr::futex, {bad_pointer, wait, 5, time}) == failed(Errno::efault));
  CHECK(m.call(nr::futex, {0xc0000000, wake, 1}) == failed(Errno::efault));
  // Bitsets take points in time.
  m.put(VirtAddr{time}, std::array<std::int64_t, 2>{1005, 0});
  CHECK(m.call(nr::futex_time64, {word.raw(), wait_bitset, 5, time, 0, 0xffffffff}) == failed(Errno::etimedout));
  CHECK(m.host.now == std::chrono::seconds{1005});
  m.put(VirtAddr{time}, std::array<std::int64_t, 2>{1'700'001'008, 0});
  CHECK(m.call(nr::futex_time64, {word.raw(), wait_bitset | realtime, 5, time, 0, 1}) == failed(Errno::etimedout));
  CHECK(m.host.now == std::chrono::seconds{1008});
  CHECK(m.call(nr::futex_time64, {word.raw(), wait_bitset, 5, time, 0, 0}) == failed(Errno::einval));
  CHECK(m.call(nr::futex, {word.raw(), wait | realtime, 5, time}) == failed(Errno::enosys));
  CHECK(m.call(nr::futex, {word.raw(), 6, 5, time}) == failed(Errno::enosys));
}

}  // namespace
}  // namespace lpaemu::kernel
