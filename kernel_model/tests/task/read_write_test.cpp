// read, write and their kin: counts, positions, bad memory, streams. [linux fs/read_write.c]
#include <catch2/generators/catch_generators.hpp>

#include "lpaemu/kernel_model/mm/mmap.h"
#include "machine.h"

namespace lpaemu::kernel {
namespace {

using testing::bad_pointer;
using testing::failed;
using testing::kernel_pointer;
using testing::Machine;

/// A page of memory whose next page is not mapped.
VirtAddr page_before_hole(Machine& m) {
  const VirtAddr start = m.map(2);
  REQUIRE(m.call(nr::munmap, {start.raw() + 4096, 4096}) == 0);
  return start;
}

std::string letters(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += static_cast<char>('a' + i % 26);
  return text;
}

TEST_CASE("read and write move the position", "[kernel][sys_read][sys_write]") {
  Machine m;
  m.start();
  const std::uint32_t fd = m.file("hello world");
  const VirtAddr buffer = m.map();
  CHECK(m.call(nr::read, {fd, buffer.raw(), 5}) == 5);
  CHECK(m.peek(buffer, 5) == "hello");
  CHECK(m.call(nr::read, {fd, buffer.raw(), 100}) == 6);
  CHECK(m.call(nr::read, {fd, buffer.raw(), 100}) == 0);
  CHECK(m.call(nr::write, {fd, m.string("!"), 1}) == 1);
  CHECK(m.call(nr::lseek, {fd, 0, 1}) == 12);
}

TEST_CASE("large transfers go through in one call", "[kernel][sys_read][sys_write]") {
  Machine m;
  m.start();
  constexpr std::uint32_t pages = 50, bytes = pages * 4096 - 7;
  const VirtAddr from = m.map(pages), to = m.map(pages);
  const std::string text = letters(bytes);
  m.poke(from, text);
  const std::uint32_t fd = m.file();
  CHECK(m.call(nr::write, {fd, from.raw(), bytes}) == bytes);
  CHECK(m.call(nr::pread64, {fd, to.raw(), bytes + 100, 0, 0, 0}) == bytes);
  CHECK(m.peek(to, bytes) == text);
}

TEST_CASE("a long transfer ends early when lpaemu is to stop",
          "[kernel][sys_read][sys_write][sys_sendfile][sys_getrandom]") {
  Machine m;
  m.start();
  constexpr std::uint32_t pages = 50, bytes = pages * 4096, piece = 65536;
  const VirtAddr memory = m.map(pages);
  const std::uint32_t fd = m.file(), other = m.file();
  REQUIRE(m.call(nr::write, {fd, memory.raw(), bytes}) == bytes);
  m.host.stop_transfers = true;
  CHECK(m.call(nr::pread64, {fd, memory.raw(), bytes, 0, 0, 0}) == piece);
  CHECK(m.call(nr::write, {other, memory.raw(), bytes}) == piece);
  REQUIRE(m.call(nr::lseek, {fd, 0, 0}) == 0);
  CHECK(m.call(nr::sendfile, {other, fd, 0, bytes}) == piece);
  CHECK(m.call(nr::getrandom, {memory.raw(), bytes, 0}) == 4096);
  m.host.stop_transfers = false;
  CHECK(m.call(nr::pread64, {fd, memory.raw(), bytes, 0, 0, 0}) == bytes);
}

struct BadReadRow {
  std::uint32_t call, fd, buffer, count;
  Errno error;
};
TEST_CASE("what read and write refuse", "[kernel][sys_read][sys_write]") {
  const auto row = GENERATE(values<BadReadRow>({
      {nr::read, 99, 0x12000, 1, Errno::ebadf},
      {nr::write, 99, 0x12000, 1, Errno::ebadf},
      {nr::read, 0xffffffff, 0x12000, 1, Errno::ebadf},
      {nr::read, 1, 0x12000, 1, Errno::ebadf},   // stdout cannot be read
      {nr::write, 0, 0x12000, 1, Errno::ebadf},  // nor stdin written
      {nr::read, 3, bad_pointer, 1, Errno::efault},
      {nr::read, 3, kernel_pointer, 1, Errno::efault},
      {nr::read, 3, 0x12000, 0xffffffff, Errno::efault},  // reaches beyond TASK_SIZE
      {nr::read, 3, 0xbeffffff, 2, Errno::efault},
      {nr::read, 3, 0x10000, 1, Errno::efault},  // text is read-only
      {nr::write, 3, bad_pointer, 1, Errno::efault},
      {nr::write, 1, bad_pointer, 1, Errno::efault},
      {nr::write, 3, kernel_pointer, 0, Errno::efault},  // checked even for nothing
      {nr::read, 4, 0x12000, 1, Errno::eisdir},
      {nr::pread64, 4, 0x12000, 1, Errno::eisdir},
      {nr::read, 5, 0x12000, 1, Errno::ebadf},  // O_PATH
  }));
  Machine m;
  m.start();
  REQUIRE(m.file("data") == 3);
  REQUIRE(m.call(nr::open, {m.string("/tmp"), O_DIRECTORY}) == 4);
  REQUIRE(m.call(nr::open, {m.string("/dev/null"), O_PATH}) == 5);
  CAPTURE(row.call, row.fd, row.buffer, row.count);
  CHECK(m.call(row.call, {row.fd, row.buffer, row.count}) == failed(row.error));
}

TEST_CASE("a buffer that ends in a hole makes a short count", "[kernel][sys_read][sys_write]") {
  Machine m;
  m.start();
  const VirtAddr page = page_before_hole(m);
  const std::uint32_t fd = m.file(letters(8000));
  CHECK(m.call(nr::read, {fd, page.raw() + 4000, 200}) == 96);
  CHECK(m.call(nr::lseek, {fd, 0, 1}) == 96);
  CHECK(m.peek(page + 4000, 96) == letters(96));
  CHECK(m.call(nr::read, {fd, page.raw() + 4096, 1}) == failed(Errno::efault));
  CHECK(m.call(nr::lseek, {fd, 0, 1}) == 96);
  CHECK(m.call(nr::write, {1, page.raw() + 4000, 200}) == 96);
  CHECK(m.host.output == letters(96));
  CHECK(m.call(nr::write, {fd, page.raw() + 4000, 200}) == 96);
}

TEST_CASE("a large write over a hole stops at the hole", "[kernel][sys_write]") {
  Machine m;
  m.start();
  constexpr std::uint32_t pages = 40;  // more than one chunk
  const VirtAddr start = m.map(pages);
  REQUIRE(m.call(nr::munmap, {start.raw() + 30 * 4096, 4096}) == 0);
  const std::uint32_t fd = m.file();
  CHECK(m.call(nr::write, {fd, start.raw(), pages * 4096}) == 30 * 4096);
  CHECK(m.call(nr::lseek, {fd, 0, 2}) == 30 * 4096);
}

TEST_CASE("pread64 and pwrite64 take a 64-bit offset in r4 and r5", "[kernel][sys_pread64][sys_pwrite64]") {
  Machine m;
  m.start();
  const std::uint32_t fd = m.file("0123456789");
  const VirtAddr buffer = m.map();
  CHECK(m.call(nr::pread64, {fd, buffer.raw(), 3, 0xdead, 4, 0}) == 3);
  CHECK(m.peek(buffer, 3) == "456");
  CHECK(m.call(nr::pread64, {fd, buffer.raw(), 3, 0, 4, 1}) == 0);  // 4 GiB further on
  CHECK(m.call(nr::pread64, {fd, buffer.raw(), 3, 0, 4, 0x80000000}) == failed(Errno::einval));
  CHECK(m.call(nr::pwrite64, {fd, m.string("xy"), 2, 0, 8, 0}) == 2);
  CHECK(m.call(nr::lseek, {fd, 0, 1}) == 0);
  CHECK(m.call(nr::pread64, {fd, buffer.raw(), 10, 0, 0, 0}) == 10);
  CHECK(m.peek(buffer, 10) == "01234567xy");
  CHECK(m.call(nr::pread64, {0, buffer.raw(), 3, 0, 4, 0}) == failed(Errno::espipe));
}

TEST_CASE("readv and writev gather and scatter", "[kernel][sys_readv][sys_writev]") {
  Machine m;
  m.start();
  const VirtAddr vector = m.map();
  const std::array<std::uint32_t, 6> iov{m.string("one "), 4, 0, 0, m.string("two"), 3};
  m.put(vector, iov);
  CHECK(m.call(nr::writev, {1, vector.raw(), 3}) == 7);
  CHECK(m.host.output == "one two");

  const std::uint32_t fd = m.file("abcdefgh");
  const VirtAddr a = m.map(), b = m.map();
  m.put(vector, std::array<std::uint32_t, 4>{a.raw(), 3, b.raw(), 100});
  CHECK(m.call(nr::readv, {fd, vector.raw(), 2}) == 8);
  CHECK(m.peek(a, 3) == "abc");
  CHECK(m.peek(b, 5) == "defgh");
  m.put(vector, std::array<std::uint32_t, 4>{a.raw(), 2, b.raw(), 2});
  CHECK(m.call(nr::preadv, {fd, vector.raw(), 2, 1, 0}) == 4);  // low word, high word: no pair
  CHECK(m.peek(a, 2) + m.peek(b, 2) == "bcde");
  CHECK(m.call(nr::pwritev, {fd, vector.raw(), 2, 6, 0}) == 4);
  CHECK(m.call(nr::lseek, {fd, 0, 2}) == 10);
  CHECK(m.call(nr::preadv2, {fd, vector.raw(), 1, 0xffffffff, 0xffffffff, 0}) == 0);  // at the position: the end
  CHECK(m.call(nr::preadv2, {fd, vector.raw(), 1, 0, 0, 1}) == failed(Errno::enotsup));
}

TEST_CASE("bad vectors", "[kernel][sys_readv][sys_writev]") {
  Machine m;
  m.start();
  const std::uint32_t fd = m.file("abc");
  const VirtAddr vector = m.map();
  CHECK(m.call(nr::readv, {fd, vector.raw(), 1025}) == failed(Errno::einval));
  CHECK(m.call(nr::readv, {fd, bad_pointer, 1}) == failed(Errno::efault));
  CHECK(m.call(nr::readv, {fd, bad_pointer, 0}) == 0);
  m.put(vector, std::array<std::uint32_t, 2>{0x12000, 0x80000000});
  CHECK(m.call(nr::readv, {fd, vector.raw(), 1}) == failed(Errno::einval));
  // The second piece is bad: what the first took counts.
  m.put(vector, std::array<std::uint32_t, 4>{0x12000, 2, bad_pointer, 5});
  CHECK(m.call(nr::readv, {fd, vector.raw(), 2}) == 2);
}

TEST_CASE("O_APPEND writes at the end, wherever the position is", "[kernel][sys_write]") {
  Machine m;
  m.start();
  const auto fd =
      static_cast<std::uint32_t>(m.call(nr::open, {m.string("/tmp/log"), O_CREAT | O_RDWR | O_APPEND, 0600}));
  CHECK(m.call(nr::write, {fd, m.string("one"), 3}) == 3);
  CHECK(m.call(nr::lseek, {fd, 0, 0}) == 0);
  CHECK(m.call(nr::write, {fd, m.string("two"), 3}) == 3);
  CHECK(m.call(nr::lseek, {fd, 0, 1}) == 6);
}

TEST_CASE("a read from a pipe takes what is there", "[kernel][sys_read]") {
  Machine m;
  m.start();
  const VirtAddr buffer = m.map();
  m.host.later_input = {"first", "second"};
  CHECK(m.call(nr::read, {0, buffer.raw(), 100}) == 5);
  CHECK(m.call(nr::read, {0, buffer.raw(), 3}) == 3);
  CHECK(m.call(nr::read, {0, buffer.raw(), 100}) == 3);
  m.host.input_closed = true;
  CHECK(m.call(nr::read, {0, buffer.raw(), 100}) == 0);
}

TEST_CASE("O_NONBLOCK gives EAGAIN instead of waiting", "[kernel][sys_read][sys_write][sys_fcntl64]") {
  Machine m;
  m.start();
  const VirtAddr buffer = m.map();
  CHECK(m.call(nr::fcntl64, {0, 4, O_NONBLOCK}) == 0);
  CHECK(m.call(nr::read, {0, buffer.raw(), 100}) == failed(Errno::eagain));
  CHECK(m.host.waits == 0);
  CHECK(m.call(nr::fcntl64, {1, 4, O_NONBLOCK}) == 0);
  m.host.output_full = true;
  CHECK(m.call(nr::write, {1, buffer.raw(), 1}) == failed(Errno::eagain));
}

TEST_CASE("a write to a pipe that nobody reads ends in SIGPIPE, or in EPIPE when that is ignored",
          "[kernel][sys_write]") {
  Machine m;
  m.start();
  m.host.output_broken = true;
  SECTION("default") {
    CHECK(m.next(SyscallPlace::outer_loop, nr::write, {1, m.string("x"), 1}) == Next::exited);
    CHECK(m.kernel.exit_report().info.signo == sigpipe);
  }
  SECTION("ignored") {
    set_sigaction(m.task(), sigpipe, {.handler = sig_ign});
    CHECK(m.call(nr::write, {1, m.string("x"), 1}) == failed(Errno::epipe));
  }
}

TEST_CASE("sendfile copies inside the kernel", "[kernel][sys_sendfile64]") {
  Machine m;
  m.start();
  const std::uint32_t in = m.file("0123456789"), out = m.file();
  const VirtAddr offset = m.map();
  m.put(offset, std::uint64_t{4});
  CHECK(m.call(nr::sendfile64, {out, in, offset.raw(), 3}) == 3);
  CHECK(m.get<std::uint64_t>(offset) == 7);
  CHECK(m.call(nr::lseek, {in, 0, 1}) == 0);
  CHECK(m.call(nr::sendfile, {1, in, 0, 100}) == 10);
  CHECK(m.host.output == "0123456789");
  CHECK(m.call(nr::lseek, {in, 0, 1}) == 10);
  CHECK(m.call(nr::sendfile64, {out, 0, 0, 3}) == failed(Errno::einval));  // a pipe cannot be spliced from
  CHECK(m.call(nr::sendfile64, {0, in, 0, 3}) == failed(Errno::ebadf));
  CHECK(m.call(nr::sendfile64, {out, in, bad_pointer, 3}) == failed(Errno::efault));
  m.put(offset, std::int64_t{-1});
  CHECK(m.call(nr::sendfile64, {out, in, offset.raw(), 3}) == failed(Errno::einval));
}

TEST_CASE("copy_file_range", "[kernel][sys_copy_file_range]") {
  Machine m;
  m.start();
  const std::uint32_t in = m.file("0123456789"), out = m.file();
  const VirtAddr offset = m.map();
  m.put(offset, std::uint64_t{5});
  CHECK(m.call(nr::copy_file_range, {in, offset.raw(), out, 0, 100, 0}) == 5);
  CHECK(m.get<std::uint64_t>(offset) == 10);
  CHECK(m.call(nr::lseek, {out, 0, 1}) == 5);
  CHECK(m.call(nr::copy_file_range, {in, 0, out, 0, 1, 1}) == failed(Errno::einval));
  CHECK(m.call(nr::copy_file_range, {in, 0, 1, 0, 1, 0}) == failed(Errno::einval));
  // Within one file the ranges may not overlap.
  CHECK(m.call(nr::copy_file_range, {in, 0, in, 0, 4, 0}) == failed(Errno::einval));
}

TEST_CASE("pagemap: multiples of 8, and a bad buffer loses the count", "[kernel][sys_read][S-23]") {
  Machine m;
  m.start();
  const auto fd = static_cast<std::uint32_t>(m.call(nr::open, {m.string("/proc/self/pagemap"), O_RDONLY}));
  const VirtAddr buffer = m.map(2);
  CHECK(m.call(nr::pread64, {fd, buffer.raw(), 8, 0, 0x10 * 8, 0}) == 8);
  CHECK(m.call(nr::pread64, {fd, buffer.raw(), 12, 0, 0, 0}) == failed(Errno::einval));
  CHECK(m.call(nr::pread64, {fd, buffer.raw(), 4100, 0, 0, 0}) == failed(Errno::einval));
  CHECK(m.call(nr::pread64, {fd, buffer.raw(), 8, 0, 4, 0}) == failed(Errno::einval));
  CHECK(m.call(nr::pread64, {fd, buffer.raw(), 64, 0, 0x5f8000 - 16, 0}) == 16);
  const VirtAddr edge = page_before_hole(m);
  CHECK(m.call(nr::read, {fd, edge.raw(), 8192}) == failed(Errno::efault));
  CHECK(m.call(nr::lseek, {fd, 0, 1}) == 0);
  CHECK(m.call(nr::lseek, {fd, 0, 2}) == failed(Errno::einval));
}

TEST_CASE("clear_refs by write(2)", "[kernel][sys_write][S-11]") {
  Machine m;
  m.start();
  const auto clear = static_cast<std::uint32_t>(m.call(nr::open, {m.string("/proc/self/clear_refs"), O_WRONLY}));
  const auto pagemap = static_cast<std::uint32_t>(m.call(nr::open, {m.string("/proc/self/pagemap"), O_RDONLY}));
  const VirtAddr data = m.map(), entry = m.map();
  m.poke(data, "x");
  const std::uint32_t offset = data.raw() / 4096 * 8;
  const auto soft_dirty = [&] {
    REQUIRE(m.call(nr::pread64, {pagemap, entry.raw(), 8, 0, offset, 0}) == 8);
    return (m.get<std::uint64_t>(entry) >> 55 & 1) != 0;
  };
  CHECK(soft_dirty());
  const std::uint32_t four = m.string("4"), long_four = m.string("4           x");
  CHECK(m.call(nr::write, {clear, four, 1}) == 1);
  CHECK_FALSE(soft_dirty());
  m.poke(data, "y");
  CHECK(soft_dirty());
  CHECK(m.call(nr::write, {clear, long_four, 13}) == 12);
  CHECK_FALSE(soft_dirty());
  CHECK(m.call(nr::write, {clear, bad_pointer, 1}) == failed(Errno::efault));
  CHECK(m.call(nr::write, {clear, m.string("x"), 1}) == failed(Errno::einval));
  // A read(2) into the page makes it soft-dirty: the kernel's store faults like the user's.
  const std::uint32_t fd = m.file("z");
  CHECK(m.call(nr::read, {fd, data.raw(), 1}) == 1);
  CHECK(soft_dirty());
}

}  // namespace
}  // namespace lpaemu::kernel
