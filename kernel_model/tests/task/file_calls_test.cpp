// Descriptors, positions, lengths, flags. [linux fs/open.c, fs/fcntl.c, fs/read_write.c]
#include <catch2/generators/catch_generators.hpp>

#include "lpaemu/kernel_model/mm/mmap.h"
#include "machine.h"

namespace lpaemu::kernel {
namespace {

using testing::bad_pointer;
using testing::failed;
using testing::Machine;

constexpr std::uint32_t at_fdcwd = static_cast<std::uint32_t>(-100);

struct OpenRow {
  std::string path;
  std::uint32_t flags;
  std::int32_t result;
};
TEST_CASE("open and openat", "[kernel][sys_open][sys_openat]") {
  const auto row = GENERATE(values<OpenRow>({
      {"/tmp/new", O_CREAT | O_RDWR, 3},
      {"/tmp/none", O_RDWR, failed(Errno::enoent)},
      {"", O_RDONLY, failed(Errno::enoent)},
      {"/tmp", O_RDONLY, 3},
      {"/tmp", O_RDWR, failed(Errno::eisdir)},
      {"/dev/null", O_DIRECTORY, failed(Errno::enotdir)},
      {"/dev/null/x", O_RDONLY, failed(Errno::enotdir)},
      {"/dev/null", O_CREAT | O_EXCL, failed(Errno::eexist)},
      {"/" + std::string(300, 'n'), O_RDONLY, failed(Errno::enametoolong)},
      {"/" + std::string(5000, 'n'), O_RDONLY, failed(Errno::enametoolong)},
  }));
  Machine m;
  m.start();
  CAPTURE(row.path, row.flags);
  CHECK(m.call(nr::open, {m.string(row.path), row.flags, 0600}) == row.result);
  if (row.result == 3) CHECK(m.call(nr::close, {3}) == 0);
  CHECK(m.call(nr::openat, {at_fdcwd, m.string(row.path), row.flags & ~O_EXCL, 0600}) ==
        (row.result == failed(Errno::eexist) ? 3 : row.result));
}

TEST_CASE("openat starts at its directory", "[kernel][sys_openat]") {
  Machine m;
  m.start();
  CHECK(m.call(nr::open, {m.string("/tmp"), O_DIRECTORY}) == 3);
  CHECK(m.call(nr::openat, {3, m.string("f"), O_CREAT | O_RDWR, 0644}) == 4);
  CHECK(m.call(nr::access, {m.string("/tmp/f"), 0}) == 0);
  CHECK(m.call(nr::openat, {4, m.string("f"), O_RDONLY}) == failed(Errno::enotdir));
  CHECK(m.call(nr::openat, {99, m.string("f"), O_RDONLY}) == failed(Errno::ebadf));
  CHECK(m.call(nr::openat, {99, m.string("/tmp/f"), O_RDONLY}) == 5);  // an absolute path needs no directory
  CHECK(m.call(nr::openat, {3, bad_pointer, O_RDONLY}) == failed(Errno::efault));
  CHECK(m.call(nr::creat, {m.string("/tmp/g"), 0600}) == 6);
}

TEST_CASE("descriptors are the lowest free ones, up to the limit", "[kernel][sys_dup][sys_dup2][sys_dup3]") {
  Machine m;
  m.start();
  CHECK(m.call(nr::dup, {1}) == 3);
  CHECK(m.call(nr::dup2, {1, 10}) == 10);
  CHECK(m.call(nr::dup, {1}) == 4);
  CHECK(m.call(nr::close, {3}) == 0);
  CHECK(m.call(nr::close, {3}) == failed(Errno::ebadf));
  CHECK(m.call(nr::dup, {1}) == 3);
  CHECK(m.call(nr::dup2, {1, 1}) == 1);
  CHECK(m.call(nr::dup2, {99, 99}) == failed(Errno::ebadf));
  CHECK(m.call(nr::dup2, {1, 1024}) == failed(Errno::ebadf));
  CHECK(m.call(nr::dup3, {1, 1, 0}) == failed(Errno::einval));
  CHECK(m.call(nr::dup3, {1, 20, 1}) == failed(Errno::einval));
  CHECK(m.call(nr::dup3, {1, 20, O_CLOEXEC}) == 20);
  CHECK(m.call(nr::fcntl64, {20, 1, 0}) == 1);
  CHECK(m.call(nr::fcntl64, {1, 0, 50}) == 50);
  CHECK(m.call(nr::fcntl64, {1, 1030, 50}) == 51);
  CHECK(m.call(nr::fcntl64, {1, 0, 1024}) == failed(Errno::einval));
  CHECK(m.call(nr::close_range, {10, 60, 0}) == 0);
  CHECK(m.task().files->open_fds() == std::vector<std::uint32_t>{0, 1, 2, 3, 4});
  CHECK(m.call(nr::close_range, {4, 3, 0}) == failed(Errno::einval));
  while (m.call(nr::dup, {1}) >= 0) continue;
  CHECK(m.call(nr::dup, {1}) == failed(Errno::emfile));
  CHECK(m.call(nr::memfd_create, {m.string("m"), 0}) == failed(Errno::emfile));
  CHECK(m.task().files->open_fds().size() == 1024);
}

TEST_CASE("memfd_create", "[kernel][sys_memfd_create]") {
  Machine m;
  m.start();
  CHECK(m.call(nr::memfd_create, {m.string("m"), 1}) == 3);
  CHECK(m.call(nr::fcntl64, {3, 1, 0}) == 1);
  CHECK(m.call(nr::memfd_create, {m.string(std::string(249, 'n')), 0}) == 4);
  CHECK(m.call(nr::memfd_create, {m.string(std::string(250, 'n')), 0}) == failed(Errno::einval));
  CHECK(m.call(nr::memfd_create, {m.string("m"), 0x80}) == failed(Errno::einval));
  CHECK(m.call(nr::memfd_create, {bad_pointer, 0}) == failed(Errno::efault));
  const VirtAddr buffer = m.map();
  const std::int32_t length = m.call(nr::readlink, {m.string("/proc/self/fd/3"), buffer.raw(), 100});
  REQUIRE(length > 0);
  CHECK(m.peek(buffer, static_cast<std::size_t>(length)).starts_with("/memfd:m"));
}

TEST_CASE("lseek and _llseek", "[kernel][sys_lseek][sys__llseek]") {
  Machine m;
  m.start();
  const std::uint32_t fd = m.file("0123456789");
  const VirtAddr result = m.map();
  CHECK(m.call(nr::lseek, {fd, 4, 0}) == 4);
  CHECK(m.call(nr::lseek, {fd, static_cast<std::uint32_t>(-1), 1}) == 3);
  CHECK(m.call(nr::lseek, {fd, 5, 2}) == 15);
  CHECK(m.call(nr::lseek, {fd, static_cast<std::uint32_t>(-1), 0}) == failed(Errno::einval));
  CHECK(m.call(nr::lseek, {fd, 0, 9}) == failed(Errno::einval));
  CHECK(m.call(nr::lseek, {0, 0, 1}) == failed(Errno::espipe));
  // High word first, and no register pair.
  CHECK(m.call(nr::_llseek, {fd, 1, 2, result.raw(), 0}) == 0);
  CHECK(m.get<std::uint64_t>(result) == 0x1'0000'0002);
  CHECK(m.call(nr::lseek, {fd, 0, 1}) == failed(Errno::eoverflow));
  CHECK(m.call(nr::_llseek, {fd, 0, 0, bad_pointer, 0}) == failed(Errno::efault));
}

TEST_CASE("truncate and ftruncate, 32 and 64 bits", "[kernel][sys_ftruncate64][sys_truncate64]") {
  Machine m;
  m.start();
  const std::uint32_t fd = m.file("0123456789");
  CHECK(m.call(nr::ftruncate, {fd, 4}) == 0);
  CHECK(m.call(nr::lseek, {fd, 0, 2}) == 4);
  CHECK(m.call(nr::ftruncate64, {fd, 0xdead, 20, 0}) == 0);  // r1 is padding
  CHECK(m.call(nr::lseek, {fd, 0, 2}) == 20);
  CHECK(m.call(nr::ftruncate64, {fd, 0, 0, 0x80000000}) == failed(Errno::einval));
  CHECK(m.call(nr::ftruncate, {fd, 0xffffffff}) == failed(Errno::einval));
  CHECK(m.call(nr::ftruncate, {0, 1}) == failed(Errno::einval));
  const auto file = static_cast<std::uint32_t>(m.call(nr::open, {m.string("/tmp/f"), O_CREAT | O_RDONLY, 0600}));
  CHECK(m.call(nr::ftruncate, {file, 1}) == failed(Errno::einval));  // not writable
  CHECK(m.call(nr::truncate, {m.string("/tmp/f"), 7}) == 0);
  CHECK(m.call(nr::lseek, {file, 0, 2}) == 7);
  CHECK(m.call(nr::truncate64, {m.string("/tmp/f"), 0xdead, 9, 0}) == 0);
  CHECK(m.call(nr::lseek, {file, 0, 2}) == 9);
  CHECK(m.call(nr::truncate, {m.string("/tmp"), 0}) == failed(Errno::eisdir));
}

TEST_CASE("fallocate: offset and length are pairs", "[kernel][sys_fallocate]") {
  Machine m;
  m.start();
  const std::uint32_t fd = m.file("0123456789");
  CHECK(m.call(nr::fallocate, {fd, 0, 100, 0, 28, 0}) == 0);
  CHECK(m.call(nr::lseek, {fd, 0, 2}) == 128);
  CHECK(m.call(nr::fallocate, {fd, 1, 1000, 0, 28, 0}) == 0);  // KEEP_SIZE
  CHECK(m.call(nr::lseek, {fd, 0, 2}) == 128);
  CHECK(m.call(nr::fallocate, {fd, 3, 2, 0, 4, 0}) == 0);  // PUNCH_HOLE
  const VirtAddr buffer = m.map();
  CHECK(m.call(nr::pread64, {fd, buffer.raw(), 10, 0, 0, 0}) == 10);
  CHECK(m.peek(buffer, 10) == std::string("01\0\0\0\0"
                                          "6789",
                                          10));
  CHECK(m.call(nr::fallocate, {fd, 2, 0, 0, 1, 0}) == failed(Errno::enotsup));
  CHECK(m.call(nr::fallocate, {fd, 0, 0, 0, 0, 0}) == failed(Errno::einval));
  CHECK(m.call(nr::fallocate, {fd, 0, 0xffffffff, 0x7fffffff, 0xffffffff, 0x7fffffff}) == failed(Errno::efbig));
  CHECK(m.call(nr::fallocate, {0, 0, 0, 0, 1, 0}) == failed(Errno::ebadf));
  CHECK(m.call(nr::fallocate, {1, 0, 0, 0, 1, 0}) == failed(Errno::espipe));
}

TEST_CASE("fcntl: flags and locks", "[kernel][sys_fcntl64][sys_fcntl]") {
  constexpr std::uint32_t getfl = 3, setfl = 4, setlk = 6, getlk64 = 12, setlk64 = 13;
  Machine m;
  m.start();
  const auto fd = static_cast<std::uint32_t>(
      m.call(nr::open, {m.string("/tmp/f"), O_CREAT | O_RDWR | O_LARGEFILE | O_CLOEXEC, 0600}));
  CHECK(m.call(nr::fcntl64, {fd, getfl, 0}) == static_cast<std::int32_t>(O_RDWR | O_LARGEFILE));
  CHECK(m.call(nr::fcntl64, {fd, setfl, O_APPEND | O_WRONLY}) == 0);
  CHECK(m.call(nr::fcntl64, {fd, getfl, 0}) == static_cast<std::int32_t>(O_RDWR | O_LARGEFILE | O_APPEND));
  CHECK(m.call(nr::fcntl64, {fd, 1, 0}) == 1);
  CHECK(m.call(nr::fcntl64, {fd, 2, 0}) == 0);
  CHECK(m.call(nr::fcntl64, {fd, 1, 0}) == 0);

  const VirtAddr lock = m.map();
  m.put(lock, std::array<std::uint16_t, 2>{1, 0});  // F_WRLCK, SEEK_SET
  CHECK(m.call(nr::fcntl64, {fd, setlk64, lock.raw()}) == 0);
  CHECK(m.call(nr::fcntl64, {fd, getlk64, lock.raw()}) == 0);
  CHECK(m.get<std::uint16_t>(lock) == 2);  // F_UNLCK
  CHECK(m.call(nr::fcntl, {fd, setlk, lock.raw()}) == 0);
  CHECK(m.call(nr::fcntl, {fd, setlk64, lock.raw()}) == failed(Errno::einval));
  CHECK(m.call(nr::fcntl64, {fd, setlk64, bad_pointer}) == failed(Errno::efault));
  CHECK(m.call(nr::fcntl64, {fd, 999, 0}) == failed(Errno::einval));
  CHECK(m.call(nr::fcntl64, {99, getfl, 0}) == failed(Errno::ebadf));
}

TEST_CASE("ioctl: requests of every file, and those of terminals", "[kernel][sys_ioctl]") {
  Machine m;
  m.start();
  const std::uint32_t fd = m.file("0123456789");
  const VirtAddr value = m.map();
  CHECK(m.call(nr::ioctl, {fd, 0x5451, 0}) == 0);  // FIOCLEX
  CHECK(m.call(nr::fcntl64, {fd, 1, 0}) == 1);
  CHECK(m.call(nr::ioctl, {fd, 0x5450, 0}) == 0);
  CHECK(m.call(nr::fcntl64, {fd, 1, 0}) == 0);
  m.put(value, 1U);
  CHECK(m.call(nr::ioctl, {0, 0x5421, value.raw()}) == 0);  // FIONBIO
  CHECK((m.call(nr::fcntl64, {0, 3, 0}) & O_NONBLOCK) != 0);
  CHECK(m.call(nr::lseek, {fd, 4, 0}) == 4);
  CHECK(m.call(nr::ioctl, {fd, 0x541b, value.raw()}) == 0);  // FIONREAD
  CHECK(m.get<std::uint32_t>(value) == 6);
  CHECK(m.call(nr::ioctl, {1, 0x5401, value.raw()}) == failed(Errno::enotty));
  CHECK(m.call(nr::ioctl, {fd, 0x541b, bad_pointer}) == failed(Errno::efault));
  CHECK(m.call(nr::ioctl, {99, 0x5401, value.raw()}) == failed(Errno::ebadf));
}

TEST_CASE("fsync and advice", "[kernel][sys_fsync][sys_fadvise]") {
  Machine m;
  m.start();
  const std::uint32_t fd = m.file("x");
  CHECK(m.call(nr::fsync, {fd}) == 0);
  CHECK(m.call(nr::fdatasync, {fd}) == 0);
  CHECK(m.call(nr::fsync, {1}) == failed(Errno::einval));
  CHECK(m.call(nr::sync, {}) == 0);
  CHECK(m.call(nr::arm_fadvise64_64, {fd, 1, 0, 0, 100, 0}) == 0);
  CHECK(m.call(nr::arm_fadvise64_64, {fd, 9, 0, 0, 100, 0}) == failed(Errno::einval));
  CHECK(m.call(nr::arm_fadvise64_64, {0, 1, 0, 0, 100, 0}) == failed(Errno::espipe));
  CHECK(m.call(nr::flock, {fd, 2}) == 0);
  CHECK(m.call(nr::flock, {fd, 3}) == failed(Errno::einval));
  CHECK(m.call(nr::splice, {fd, 0, 1, 0, 10, 0}) == failed(Errno::einval));
}

}  // namespace
}  // namespace lpaemu::kernel
