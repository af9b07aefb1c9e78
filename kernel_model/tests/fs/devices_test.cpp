// /dev and the streams. [linux drivers/char/mem.c]
#include "support/fs_fixture.h"

namespace lpaemu::kernel::testing {

namespace {

struct Devices : FsFixture {
  Devices() { vfs.mount("/dev", make_devfs(host)); }
};

}  // namespace

TEST_CASE("the memory devices", "[devfs]") {
  Devices fs;
  const auto null = fs.must_open("/dev/null", O_RDWR);
  CHECK(FsFixture::read(*null).empty());
  CHECK(null->write(bytes_of("gone"), 0) == 4U);
  CHECK(outcome(null->mmap()) == "ENODEV");
  CHECK(null->llseek(100, Whence::end) == 0U);

  const auto zero = fs.must_open("/dev/zero", O_RDWR);
  CHECK(FsFixture::read(*zero, 0, 3) == std::string(3, '\0'));
  CHECK(zero->write(bytes_of("gone"), 0) == 4U);
  const auto pages = zero->mmap();
  REQUIRE(pages);
  CHECK(*pages == nullptr);

  const auto full = fs.must_open("/dev/full", O_RDWR);
  CHECK(FsFixture::read(*full, 0, 2) == std::string(2, '\0'));
  CHECK(outcome(full->write(bytes_of("x"), 0)) == "ENOSPC");

  CHECK(FsFixture::read(*fs.must_open("/dev/urandom"), 0, 4) == "ZZZZ");
  CHECK(FsFixture::read(*fs.must_open("/dev/random"), 0, 4) == "ZZZZ");
  CHECK(fs.list("/dev") == "fd full null random stderr stdin stdout tty urandom zero");
  CHECK(fs.stat("/dev/null").rdev == make_dev(1, 3));
  CHECK(fs.stat("/dev/null").mode == 0666);
  CHECK(fs.stat("/dev/stdin").type == FileType::symlink);
}

TEST_CASE("devices can be written by everybody, their directory by nobody", "[devfs]") {
  Devices fs;
  fs.task.uid = 1000;
  CHECK(outcome(fs.open("/dev/null", O_WRONLY | O_TRUNC)) == "ok");
  CHECK(outcome(fs.open("/dev/null", O_WRONLY | O_CREAT)) == "ok");
  CHECK(outcome(fs.open("/dev/new", O_WRONLY | O_CREAT)) == "EROFS");
  CHECK(fs.unlink("/dev/null") == "EROFS");
  CHECK(outcome(fs.open("/dev/null/x", O_RDONLY)) == "ENOTDIR");
}

TEST_CASE("device numbers are put together as the kernel does it", "[devfs]") {
  CHECK(make_dev(1, 3) == 0x103);
  CHECK(make_dev(136, 0x12345) == 0x12308845);
}

TEST_CASE("the streams are files that may wait", "[streams]") {
  FsFixture fs;
  fs.host.input = "typed";
  const auto in = open_stream(fs.host, Stream::input);
  CHECK(in->readable());
  CHECK_FALSE(in->writable());
  CHECK(in->may_block());
  CHECK_FALSE(in->seekable());
  CHECK(FsFixture::read(*in, 0, 3) == "typ");
  CHECK(FsFixture::read(*in, 0, 3) == "ed");
  CHECK(outcome(in->llseek(0, Whence::current)) == "ESPIPE");
  CHECK(in->path == "pipe:[16]");
  CHECK(in->inode().stat().type == FileType::fifo);

  const auto out = open_stream(fs.host, Stream::output);
  CHECK(out->writable());
  CHECK_FALSE(out->readable());
  CHECK(out->write(bytes_of("hi"), 99) == 2U);
  CHECK(fs.host.output[1] == "hi");
  fs.host.ready[1] = false;
  CHECK_FALSE(out->ready_to_write());
  out->set_flags(out->flags() | O_NONBLOCK);
  CHECK(outcome(out->write(bytes_of("hi"), 0)) == "EAGAIN");
  fs.host.ready[0] = false;
  CHECK_FALSE(in->ready_to_read());
  in->set_flags(in->flags() | O_NONBLOCK);
  CHECK(FsFixture::read(*in) == "EAGAIN");
}

TEST_CASE("a redirected file is sought on the host, whose position it is", "[streams]") {
  FsFixture fs;
  fs.host.info[0] = StreamInfo{.type = FileType::regular, .seekable = true, .size = 77};
  const auto in = open_stream(fs.host, Stream::input);
  CHECK(in->llseek(-5, Whence::end) == static_cast<std::uint64_t>(-5));
  CHECK(fs.host.seeks == std::vector<std::pair<std::int64_t, int>>{{-5, 2}});
  CHECK(in->inode().stat().size == 77);
  CHECK(in->inode().stat().type == FileType::regular);
}

TEST_CASE("a terminal is read and written on any of its descriptors", "[streams][tty]") {
  Devices fs;
  CHECK(outcome(fs.open("/dev/tty", O_RDWR)) == "ENXIO");
  for (StreamInfo& info : fs.host.info) {
    info = StreamInfo{.type = FileType::character_device, .is_terminal = true, .rows = 24, .columns = 80};
  }
  fs.host.input = "key";
  const auto out = open_stream(fs.host, Stream::output);
  CHECK((out->readable() && out->writable()));
  CHECK(FsFixture::read(*out) == "key");
  CHECK(out->path == "/dev/tty");
  const auto tty = fs.must_open("/dev/tty", O_RDWR);
  CHECK(tty->write(bytes_of("prompt"), 0) == 6U);
  CHECK(fs.host.output[1] == "prompt");
}

TEST_CASE("a terminal answers for its size and keeps its mode", "[streams][tty]") {
  FsFixture fs;
  Guest guest;
  constexpr std::uint32_t TCGETS = 0x5401, TCSETS = 0x5402, TIOCGWINSZ = 0x5413, TIOCGPGRP = 0x540f;
  fs.task.mm = std::shared_ptr<mm_struct>{&guest.mm(), [](mm_struct*) {}};
  const VirtAddr argp = guest.map(1);
  const auto pipe = open_stream(fs.host, Stream::output);
  CHECK(outcome(pipe->ioctl(fs.task, TCGETS, argp)) == "ENOTTY");
  fs.host.info[1] = StreamInfo{.type = FileType::character_device, .is_terminal = true, .rows = 24, .columns = 80};
  const auto tty = open_stream(fs.host, Stream::output);
  CHECK(outcome(tty->ioctl(fs.task, TIOCGWINSZ, argp)) == "ok");
  CHECK(guest.byte_at(argp) == 24);
  CHECK(guest.byte_at(argp + 2) == 80);
  CHECK(outcome(tty->ioctl(fs.task, TCGETS, argp)) == "ok");
  CHECK(guest.byte_at(argp + 17) == 3);  // c_cc[VINTR]
  CHECK(outcome(tty->ioctl(fs.task, TCSETS, argp)) == "ok");
  CHECK(outcome(tty->ioctl(fs.task, TIOCGPGRP, argp)) == "ok");
  CHECK(outcome(tty->ioctl(fs.task, TCGETS, VirtAddr{0x10})) == "EFAULT");
  CHECK(outcome(tty->ioctl(fs.task, 0x1234, argp)) == "ENOTTY");
  fs.task.mm.reset();
}

}  // namespace lpaemu::kernel::testing
