// stat, links, directories, names, times. [linux fs/stat.c, fs/namei.c, fs/readdir.c, fs/utimes.c]
#include <algorithm>
#include <catch2/generators/catch_generators.hpp>
#include <cstring>

#include "machine.h"

namespace lpaemu::kernel {
namespace {

using testing::bad_pointer;
using testing::failed;
using testing::Machine;

constexpr std::uint32_t at_fdcwd = static_cast<std::uint32_t>(-100);
constexpr std::uint32_t nofollow = 0x100, empty_path = 0x1000, removedir = 0x200;

/// The fields of struct stat64 that tests look at, by their offsets.
struct Stat64 {
  std::uint32_t mode, nlink, uid, mtime, mtime_nsec;
  std::uint64_t size, blocks, ino;
};
Stat64 read_stat64(Machine& m, VirtAddr at) {
  return {m.get<std::uint32_t>(at + 16), m.get<std::uint32_t>(at + 20), m.get<std::uint32_t>(at + 24),
          m.get<std::uint32_t>(at + 80), m.get<std::uint32_t>(at + 84), m.get<std::uint64_t>(at + 48),
          m.get<std::uint64_t>(at + 64), m.get<std::uint64_t>(at + 96)};
}

/// /tmp/file with five bytes, /tmp/link to it, /tmp/dir.
struct Tree : Machine {
  Tree() {
    start();
    const auto fd = static_cast<std::uint32_t>(call(nr::open, {string("/tmp/file"), O_CREAT | O_RDWR, 0666}));
    REQUIRE(call(nr::write, {fd, string("12345"), 5}) == 5);
    REQUIRE(call(nr::close, {fd}) == 0);
    REQUIRE(call(nr::symlink, {string("file"), string("/tmp/link")}) == 0);
    REQUIRE(call(nr::mkdir, {string("/tmp/dir"), 0777}) == 0);
    buffer = map(2);
  }
  VirtAddr buffer;
};

TEST_CASE("stat64, lstat64, fstat64, fstatat64", "[kernel][sys_stat64][sys_fstatat64]") {
  Tree m;
  CHECK(m.call(nr::stat64, {m.string("/tmp/link"), m.buffer.raw()}) == 0);
  Stat64 stat = read_stat64(m, m.buffer);
  CHECK(stat.mode == 0100644);  // the umask is 022
  CHECK(stat.size == 5);
  CHECK(stat.blocks == 8 - 7);
  CHECK(stat.nlink == 1);
  const std::uint64_t ino = stat.ino;
  CHECK(m.call(nr::lstat64, {m.string("/tmp/link"), m.buffer.raw()}) == 0);
  CHECK(read_stat64(m, m.buffer).mode == 0120777);
  CHECK(m.call(nr::fstatat64, {at_fdcwd, m.string("/tmp/link"), m.buffer.raw(), nofollow}) == 0);
  CHECK(read_stat64(m, m.buffer).mode == 0120777);
  const auto fd = static_cast<std::uint32_t>(m.call(nr::open, {m.string("/tmp/file"), O_RDONLY}));
  CHECK(m.call(nr::fstat64, {fd, m.buffer.raw()}) == 0);
  CHECK(read_stat64(m, m.buffer).ino == ino);
  CHECK(m.call(nr::fstatat64, {fd, m.string(""), m.buffer.raw(), empty_path}) == 0);
  CHECK(read_stat64(m, m.buffer).ino == ino);
  CHECK(m.call(nr::fstatat64, {fd, m.string(""), m.buffer.raw(), 0}) == failed(Errno::enoent));
  CHECK(m.call(nr::fstatat64, {fd, m.string("x"), m.buffer.raw(), 0}) == failed(Errno::enotdir));
  CHECK(m.call(nr::fstatat64, {at_fdcwd, m.string("/tmp"), m.buffer.raw(), 1}) == failed(Errno::einval));
  CHECK(m.call(nr::stat64, {m.string("/tmp/none"), m.buffer.raw()}) == failed(Errno::enoent));
  CHECK(m.call(nr::stat64, {m.string("/tmp"), bad_pointer}) == failed(Errno::efault));
  CHECK(m.call(nr::stat64, {bad_pointer, m.buffer.raw()}) == failed(Errno::efault));
  CHECK(m.call(nr::fstat64, {99, m.buffer.raw()}) == failed(Errno::ebadf));
  CHECK(m.call(nr::stat64, {m.string("/tmp"), m.buffer.raw()}) == 0);
  CHECK(read_stat64(m, m.buffer).mode == 0041777);
  CHECK(m.call(nr::stat64, {m.string("/dev/null"), m.buffer.raw()}) == 0);
  CHECK((read_stat64(m, m.buffer).mode & 0170000) == 0020000);
}

TEST_CASE("statx", "[kernel][sys_statx]") {
  Tree m;
  CHECK(m.call(nr::statx, {at_fdcwd, m.string("/tmp/file"), 0, 0x7ff, m.buffer.raw()}) == 0);
  CHECK(m.get<std::uint32_t>(m.buffer) == 0x7ff);
  CHECK(m.get<std::uint16_t>(m.buffer + 28) == 0100644);
  CHECK(m.get<std::uint64_t>(m.buffer + 40) == 5);
  CHECK(m.get<std::int64_t>(m.buffer + 112) == 1'700'001'000);  // mtime
  CHECK(m.call(nr::statx, {1, m.string(""), empty_path, 0x7ff, m.buffer.raw()}) == 0);
  CHECK((m.get<std::uint16_t>(m.buffer + 28) & 0170000) == 0010000);
  CHECK(m.call(nr::statx, {1, 0, empty_path, 0x7ff, m.buffer.raw()}) == 0);
  CHECK(m.call(nr::statx, {at_fdcwd, m.string("/"), 0, 0x80000000, m.buffer.raw()}) == failed(Errno::einval));
  CHECK(m.call(nr::statx, {at_fdcwd, m.string("/"), 0x6000, 0, m.buffer.raw()}) == failed(Errno::einval));
  CHECK(m.call(nr::statx, {at_fdcwd, m.string("/"), 0, 0, bad_pointer}) == failed(Errno::efault));
}

TEST_CASE("statfs64 takes 84 and 88", "[kernel][sys_statfs64]") {
  Tree m;
  CHECK(m.call(nr::statfs64, {m.string("/tmp"), 84, m.buffer.raw()}) == 0);
  CHECK(m.get<std::uint32_t>(m.buffer) == 0x01021994);  // TMPFS_MAGIC
  CHECK(m.get<std::uint32_t>(m.buffer + 4) == 4096);
  CHECK(m.get<std::uint32_t>(m.buffer + 56) == 255);
  CHECK(m.call(nr::statfs64, {m.string("/proc"), 88, m.buffer.raw()}) == 0);
  CHECK(m.get<std::uint32_t>(m.buffer) == 0x9fa0);
  CHECK(m.call(nr::statfs64, {m.string("/"), 64, m.buffer.raw()}) == failed(Errno::einval));
  CHECK(m.call(nr::fstatfs64, {99, 84, m.buffer.raw()}) == failed(Errno::ebadf));
  CHECK(m.call(nr::statfs, {m.string("/tmp"), m.buffer.raw()}) == 0);
  CHECK(m.get<std::uint32_t>(m.buffer + 36) == 255);
}

TEST_CASE("access asks for the real user's rights", "[kernel][sys_access]") {
  Tree m;
  CHECK(m.call(nr::access, {m.string("/tmp/file"), 6}) == 0);
  CHECK(m.call(nr::access, {m.string("/tmp/file"), 1}) == failed(Errno::eacces));  // nobody may execute it
  CHECK(m.call(nr::access, {m.string("/tmp/file"), 8}) == failed(Errno::einval));
  CHECK(m.call(nr::access, {m.string("/tmp/none"), 0}) == failed(Errno::enoent));
  CHECK(m.call(nr::faccessat2, {at_fdcwd, m.string("/tmp/link"), 0, nofollow}) == 0);
  CHECK(m.call(nr::faccessat2, {at_fdcwd, m.string("/tmp/link"), 0, 1}) == failed(Errno::einval));
}

TEST_CASE("readlink stores no NUL and cuts", "[kernel][sys_readlink]") {
  Tree m;
  m.poke(m.buffer, "........");
  CHECK(m.call(nr::readlink, {m.string("/tmp/link"), m.buffer.raw(), 100}) == 4);
  CHECK(m.peek(m.buffer, 6) == "file..");
  CHECK(m.call(nr::readlink, {m.string("/tmp/link"), m.buffer.raw(), 2}) == 2);
  CHECK(m.call(nr::readlink, {m.string("/tmp/link"), m.buffer.raw(), 0}) == failed(Errno::einval));
  CHECK(m.call(nr::readlink, {m.string("/tmp/file"), m.buffer.raw(), 9}) == failed(Errno::einval));
  CHECK(m.call(nr::readlink, {m.string("/tmp/link"), bad_pointer, 9}) == failed(Errno::efault));
  CHECK(m.call(nr::readlink, {m.string("/proc/self/exe"), m.buffer.raw(), 100}) == 19);
  CHECK(m.peek(m.buffer, 19) == "/bin/prog (deleted)");  // the test's program has no name in the tree
}

TEST_CASE("the working directory", "[kernel][sys_getcwd][sys_chdir]") {
  Tree m;
  CHECK(m.call(nr::getcwd, {m.buffer.raw(), 100}) == 2);
  CHECK(m.call(nr::chdir, {m.string("tmp/dir/../dir")}) == 0);
  CHECK(m.call(nr::getcwd, {m.buffer.raw(), 100}) == 9);
  CHECK(m.peek(m.buffer, 9) == std::string("/tmp/dir\0", 9));
  CHECK(m.call(nr::getcwd, {m.buffer.raw(), 8}) == failed(Errno::erange));
  CHECK(m.call(nr::getcwd, {bad_pointer, 100}) == failed(Errno::efault));
  CHECK(m.call(nr::access, {m.string("../file"), 0}) == 0);
  CHECK(m.call(nr::chdir, {m.string("../file")}) == failed(Errno::enotdir));
  const auto fd = static_cast<std::uint32_t>(m.call(nr::open, {m.string("/"), O_DIRECTORY}));
  CHECK(m.call(nr::fchdir, {fd}) == 0);
  CHECK(m.call(nr::getcwd, {m.buffer.raw(), 100}) == 2);
}

std::vector<std::string> list(Tree& m, std::uint32_t fd, std::uint32_t call, std::uint32_t bytes) {
  std::vector<std::string> names;
  while (true) {
    const std::int32_t got = m.call(call, {fd, m.buffer.raw(), bytes});
    REQUIRE(got >= 0);
    if (got == 0) return names;
    for (std::uint32_t at = 0; at < static_cast<std::uint32_t>(got);) {
      const VirtAddr entry = m.buffer + at;
      const std::uint32_t length_at = call == nr::getdents64 ? 16 : 8, name_at = call == nr::getdents64 ? 19 : 10;
      const std::uint32_t length = m.get<std::uint16_t>(entry + length_at);
      CHECK(length % (call == nr::getdents64 ? 8 : 4) == 0);
      names.push_back(m.peek_string(entry + name_at));
      at += length;
    }
  }
}

TEST_CASE("getdents lists everything once, however small the buffer", "[kernel][sys_getdents64][sys_getdents]") {
  Tree m;
  const auto call = GENERATE(nr::getdents64, nr::getdents);
  const auto bytes = GENERATE(32U, 64U, 4096U);
  const auto fd = static_cast<std::uint32_t>(m.call(nr::open, {m.string("/tmp"), O_DIRECTORY}));
  auto names = list(m, fd, call, bytes);
  std::ranges::sort(names);
  CHECK(names == std::vector<std::string>{".", "..", "dir", "file", "link"});
  CHECK(m.call(nr::lseek, {fd, 0, 0}) == 0);
  CHECK(list(m, fd, call, bytes).size() == 5);
}

TEST_CASE("getdents errors", "[kernel][sys_getdents64]") {
  Tree m;
  const auto fd = static_cast<std::uint32_t>(m.call(nr::open, {m.string("/tmp"), O_DIRECTORY}));
  CHECK(m.call(nr::getdents64, {fd, m.buffer.raw(), 8}) == failed(Errno::einval));
  CHECK(m.call(nr::getdents64, {fd, bad_pointer, 4096}) == failed(Errno::efault));
  CHECK(m.call(nr::getdents64, {0, m.buffer.raw(), 4096}) == failed(Errno::enotdir));
  CHECK(m.call(nr::getdents64, {99, m.buffer.raw(), 4096}) == failed(Errno::ebadf));
}

TEST_CASE("names are made, moved and removed", "[kernel][sys_mkdirat][sys_renameat2][sys_unlinkat][sys_linkat]") {
  Tree m;
  const auto tmp = static_cast<std::uint32_t>(m.call(nr::open, {m.string("/tmp"), O_DIRECTORY}));
  CHECK(m.call(nr::mkdirat, {tmp, m.string("dir/sub"), 0700}) == 0);
  CHECK(m.call(nr::mkdir, {m.string("/tmp/dir"), 0700}) == failed(Errno::eexist));
  CHECK(m.call(nr::rmdir, {m.string("/tmp/dir")}) == failed(Errno::enotempty));
  CHECK(m.call(nr::unlinkat, {tmp, m.string("dir/sub"), 0}) == failed(Errno::eisdir));
  CHECK(m.call(nr::unlinkat, {tmp, m.string("dir/sub"), 1}) == failed(Errno::einval));
  CHECK(m.call(nr::unlinkat, {tmp, m.string("dir/sub"), removedir}) == 0);
  CHECK(m.call(nr::renameat, {tmp, m.string("file"), tmp, m.string("dir/moved")}) == 0);
  CHECK(m.call(nr::access, {m.string("/tmp/file"), 0}) == failed(Errno::enoent));
  CHECK(m.call(nr::link, {m.string("/tmp/dir/moved"), m.string("/tmp/file")}) == 0);
  CHECK(m.call(nr::stat64, {m.string("/tmp/file"), m.buffer.raw()}) == 0);
  CHECK(read_stat64(m, m.buffer).nlink == 2);
  CHECK(m.call(nr::linkat, {tmp, m.string("file"), tmp, m.string("x"), 1}) == failed(Errno::einval));
  CHECK(m.call(nr::renameat2, {tmp, m.string("file"), tmp, m.string("dir/moved"), 1}) == failed(Errno::eexist));
  CHECK(m.call(nr::renameat2, {tmp, m.string("file"), tmp, m.string("x"), 8}) == failed(Errno::einval));
  CHECK(m.call(nr::renameat2, {tmp, m.string("file"), tmp, m.string("x"), 3}) == failed(Errno::einval));
  CHECK(m.call(nr::rename, {m.string("/tmp/file"), m.string("/tmp/again")}) == 0);
  CHECK(m.call(nr::unlink, {m.string("/tmp/again")}) == 0);
  CHECK(m.call(nr::unlink, {m.string("/tmp/dir")}) == failed(Errno::eisdir));
  CHECK(m.call(nr::symlinkat, {m.string("target"), tmp, m.string("s")}) == 0);
  CHECK(m.call(nr::symlink, {m.string(""), m.string("/tmp/t")}) == failed(Errno::enoent));
}

TEST_CASE("modes and owners", "[kernel][sys_chmod][sys_chown32][sys_umask]") {
  Tree m;
  const std::uint32_t file = m.string("/tmp/file");
  const auto stat = [&] {
    REQUIRE(m.call(nr::stat64, {file, m.buffer.raw()}) == 0);
    return read_stat64(m, m.buffer);
  };
  CHECK(m.call(nr::chmod, {file, 0107755}) == 0);
  CHECK((stat().mode & 07777) == 07755);
  CHECK(m.call(nr::fchmodat, {at_fdcwd, file, 0600}) == 0);
  CHECK((stat().mode & 07777) == 0600);
  CHECK(m.call(nr::fchmodat2, {at_fdcwd, m.string("/tmp/link"), 0600, nofollow}) == failed(Errno::enotsup));
  CHECK(m.call(nr::chown32, {file, 1000, 0xffffffff}) == 0);
  CHECK(stat().uid == 1000);
  CHECK(m.call(nr::chown, {file, 0xffff, 0xffff}) == 0);  // 16 bits: unchanged
  CHECK(stat().uid == 1000);
  CHECK(m.call(nr::umask, {0777027}) == 022);
  CHECK(m.call(nr::umask, {0}) == 027);
}

TEST_CASE("times of files", "[kernel][sys_utimensat]") {
  constexpr std::int32_t utime_now = 0x3fffffff, utime_omit = 0x3ffffffe;
  Tree m;
  const std::uint32_t file = m.string("/tmp/file");
  const auto mtime = [&] {
    REQUIRE(m.call(nr::stat64, {file, m.buffer.raw()}) == 0);
    const Stat64 stat = read_stat64(m, m.buffer);
    return std::pair{stat.mtime, stat.mtime_nsec};
  };
  const VirtAddr times = m.map();
  m.put(times, std::array<std::int32_t, 4>{1, 2, 3, 4});
  CHECK(m.call(nr::utimensat, {at_fdcwd, file, times.raw(), 0}) == 0);
  CHECK(mtime() == std::pair{3U, 4U});
  m.put(times, std::array<std::int64_t, 4>{5, 6, 7, 8});
  CHECK(m.call(nr::utimensat_time64, {at_fdcwd, file, times.raw(), 0}) == 0);
  CHECK(mtime() == std::pair{7U, 8U});
  m.put(times, std::array<std::int32_t, 4>{0, utime_now, 0, utime_omit});
  CHECK(m.call(nr::utimensat, {at_fdcwd, file, times.raw(), 0}) == 0);
  CHECK(mtime() == std::pair{7U, 8U});
  m.put(times, std::array<std::int32_t, 4>{0, 1'000'000'000, 0, 0});
  CHECK(m.call(nr::utimensat, {at_fdcwd, file, times.raw(), 0}) == failed(Errno::einval));
  m.put(times, std::array<std::int32_t, 4>{9, 10, 11, 12});
  CHECK(m.call(nr::utimes, {file, times.raw()}) == 0);
  CHECK(mtime() == std::pair{11U, 12000U});
  CHECK(m.call(nr::utimensat, {at_fdcwd, file, 0, 0}) == 0);
  CHECK(mtime().first == 1'700'001'000);
  const auto fd = static_cast<std::uint32_t>(m.call(nr::open, {file, O_RDONLY}));
  CHECK(m.call(nr::utimensat, {fd, 0, times.raw(), 0}) == 0);  // futimens
  CHECK(mtime() == std::pair{11U, 12U});
  CHECK(m.call(nr::utimensat, {at_fdcwd, file, bad_pointer, 0}) == failed(Errno::efault));
}

}  // namespace
}  // namespace lpaemu::kernel
