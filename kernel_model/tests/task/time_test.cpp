// Clocks and sleeps, on a clock that moves only when somebody waits. [linux kernel/time]
#include <catch2/generators/catch_generators.hpp>

#include "machine.h"

namespace lpaemu::kernel {
namespace {

using testing::bad_pointer;
using testing::failed;
using testing::Machine;

using Time32 = std::array<std::int32_t, 2>;
using Time64 = std::array<std::int64_t, 2>;

struct ClockRow {
  std::int32_t id;
  std::int64_t seconds;  // -1: EINVAL
};
TEST_CASE("clock_gettime in both forms", "[kernel][sys_clock_gettime][sys_clock_gettime64]") {
  const auto row = GENERATE(values<ClockRow>({{0, 1'700'001'000},
                                              {1, 1000},
                                              {2, 1},
                                              {3, 1},
                                              {4, 1000},
                                              {5, 1'700'001'000},
                                              {6, 1000},
                                              {7, 1000},
                                              {11, 1'700'001'000},
                                              {10, -1},
                                              {12, -1},
                                              {99, -1},
                                              {-6, 1},      // ~0 << 3 | 2: the CPU clock of pid 0, itself
                                              {-2, 1},      // its thread's
                                              {-14, 1},     // ~1 << 3 | 2: of pid 1
                                              {-22, -1},    // of pid 2
                                              {-5, -1}}));  // a descriptor's clock
  Machine m;
  m.start();
  const VirtAddr time = m.map();
  const std::uint32_t id = static_cast<std::uint32_t>(row.id);
  CAPTURE(row.id);
  if (row.seconds < 0) {
    CHECK(m.call(nr::clock_gettime, {id, time.raw()}) == failed(Errno::einval));
    CHECK(m.call(nr::clock_getres, {id, time.raw()}) == failed(Errno::einval));
    return;
  }
  CHECK(m.call(nr::clock_gettime, {id, time.raw()}) == 0);
  CHECK(m.get<Time32>(time)[0] == row.seconds);
  CHECK(m.call(nr::clock_gettime64, {id, time.raw()}) == 0);
  CHECK(m.get<Time64>(time)[0] == row.seconds);
  CHECK(m.call(nr::clock_getres, {id, 0}) == 0);
  CHECK(m.call(nr::clock_getres_time64, {id, time.raw()}) == 0);
  CHECK(m.get<Time64>(time)[1] > 0);
  CHECK(m.call(nr::clock_gettime64, {id, bad_pointer}) == failed(Errno::efault));
}

TEST_CASE("gettimeofday and times", "[kernel][sys_gettimeofday][sys_times]") {
  Machine m;
  m.start();
  const VirtAddr time = m.map();
  CHECK(m.call(nr::gettimeofday, {time.raw(), time.raw() + 8}) == 0);
  CHECK(m.get<Time32>(time)[0] == 1'700'001'000);
  CHECK(m.call(nr::gettimeofday, {0, 0}) == 0);
  CHECK(m.call(nr::gettimeofday, {bad_pointer, 0}) == failed(Errno::efault));
  CHECK(m.call(nr::times, {time.raw()}) == 100'000);
  CHECK(m.get<std::int32_t>(time) == 123);
  CHECK(m.call(nr::times, {0}) == 100'000);
}

TEST_CASE("nanosleep sleeps as long as it is told", "[kernel][sys_nanosleep][sys_clock_nanosleep]") {
  Machine m;
  m.start();
  const VirtAddr time = m.map();
  m.put(time, Time32{2, 500'000'000});
  const Nanoseconds start = m.host.now;
  CHECK(m.call(nr::nanosleep, {time.raw(), 0}) == 0);
  CHECK(m.host.now - start == std::chrono::milliseconds{2500});
  CHECK(m.call(nr::clock_nanosleep, {1, 0, time.raw(), 0}) == 0);
  CHECK(m.host.now - start == std::chrono::milliseconds{5000});
  m.put(time, Time64{1, 0});
  CHECK(m.call(nr::clock_nanosleep_time64, {0, 0, time.raw(), 0}) == 0);
  CHECK(m.host.now - start == std::chrono::milliseconds{6000});
}

TEST_CASE("an absolute sleep ends at its point in time", "[kernel][sys_clock_nanosleep]") {
  Machine m;
  m.start();
  const VirtAddr time = m.map();
  m.put(time, Time64{1010, 0});
  CHECK(m.call(nr::clock_nanosleep_time64, {1, 1, time.raw(), 0}) == 0);
  CHECK(m.host.now == std::chrono::seconds{1010});
  CHECK(m.call(nr::clock_nanosleep_time64, {1, 1, time.raw(), 0}) == 0);  // over already
  m.put(time, Time64{1'700'001'020, 0});
  CHECK(m.call(nr::clock_nanosleep_time64, {0, 1, time.raw(), 0}) == 0);
  CHECK(m.host.now == std::chrono::seconds{1020});
}

struct BadTimeRow {
  Time32 time;
  std::uint32_t clock;
  Errno error;
};
TEST_CASE("bad sleeps", "[kernel][sys_clock_nanosleep]") {
  const auto row = GENERATE(values<BadTimeRow>({{{-1, 0}, 1, Errno::einval},
                                                {{0, -1}, 1, Errno::einval},
                                                {{0, 1'000'000'000}, 1, Errno::einval},
                                                {{1, 0}, 3, Errno::einval},
                                                {{1, 0}, 2, Errno::enotsup},
                                                {{1, 0}, 4, Errno::enotsup},
                                                {{1, 0}, 50, Errno::einval}}));
  Machine m;
  m.start();
  const VirtAddr time = m.map();
  m.put(time, row.time);
  CHECK(m.call(nr::clock_nanosleep, {row.clock, 0, time.raw(), 0}) == failed(row.error));
  CHECK(m.call(nr::nanosleep, {bad_pointer, 0}) == failed(Errno::efault));
  CHECK(m.call(nr::nanosleep, {0, 0}) == failed(Errno::efault));
}

TEST_CASE("a sleep of 300 years waits for the host", "[kernel][sys_clock_nanosleep]") {
  Machine m;
  m.start();
  const VirtAddr time = m.map();
  m.put(time, Time64{0x7fffffffffffffff, 999'999'999});
  CHECK(m.next(SyscallPlace::outer_loop, nr::clock_nanosleep_time64, {1, 0, time.raw(), 0}) == Next::interrupted);
}

TEST_CASE("getrusage counts faults and pages", "[kernel][sys_getrusage]") {
  Machine m;
  m.start();
  const VirtAddr usage = m.map();
  const auto faults = static_cast<std::int32_t>(m.mm().min_flt);  // storing the answer takes one more
  CHECK(m.call(nr::getrusage, {0, usage.raw()}) == 0);
  CHECK(m.get<Time32>(usage) == Time32{1, 234'000});
  CHECK(m.get<std::int32_t>(usage + 16) > 0);  // maxrss
  CHECK(m.get<std::int32_t>(usage + 32) == faults);
  CHECK(m.call(nr::getrusage, {0xffffffff, usage.raw()}) == 0);
  CHECK(m.get<std::int32_t>(usage + 16) == 0);
  CHECK(m.call(nr::getrusage, {2, usage.raw()}) == failed(Errno::einval));
  CHECK(m.call(nr::getrusage, {0, bad_pointer}) == failed(Errno::efault));
}

TEST_CASE("interval timers can be disarmed, not armed", "[kernel][sys_setitimer]") {
  Machine m;
  m.start();
  const VirtAddr value = m.map();
  CHECK(m.call(nr::setitimer, {0, value.raw(), value.raw() + 16}) == 0);
  CHECK(m.call(nr::getitimer, {0, value.raw()}) == 0);
  CHECK(m.call(nr::getitimer, {3, value.raw()}) == failed(Errno::einval));
  m.put(value, std::array<std::int32_t, 4>{0, 0, 1, 0});
  CHECK(m.call(nr::setitimer, {0, value.raw(), 0}) == failed(Errno::enosys));
  m.put(value, std::array<std::int32_t, 4>{0, 0, 1, 1'000'000});
  CHECK(m.call(nr::setitimer, {0, value.raw(), 0}) == failed(Errno::einval));
}

}  // namespace
}  // namespace lpaemu::kernel
