// Descriptors 0, 1 and 2 of a process of its own: a child, whose streams are what each test makes them.
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>

#include "lpaemu/emu/host/posix_host.h"

namespace lpaemu::emu::testing {

namespace {

using kernel::Errno;
using kernel::FileType;
using kernel::Stream;
using Wake = kernel::Host::Wake;

/// Runs `body` in a child with these descriptors as its input and output; true when it says so and ends in time.
bool in_child(int input, int output, const std::function<bool(PosixHost&)>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(20);
    ::dup2(input, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    PosixHost host;
    ::_exit(body(host) ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

struct Pipe {
  Pipe() { REQUIRE(::pipe2(ends, O_CLOEXEC) == 0); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_reader();
    close_writer();
  }
  [[nodiscard]] int reader() const { return ends[0]; }
  [[nodiscard]] int writer() const { return ends[1]; }
  void close_reader() { close_one(ends[0]); }
  void close_writer() { close_one(ends[1]); }
  static void close_one(int& fd) {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
  int ends[2] = {-1, -1};
};

std::string read_some(PosixHost& host, std::size_t count = 100) {
  std::string text(count, '\0');
  const auto got = host.stream_read(std::as_writable_bytes(std::span{text}));
  if (!got) return std::string{kernel::errno_name(got.error())};
  text.resize(*got);
  return text;
}

}  // namespace

TEST_CASE("a pipe is read when there is something, and never waited for", "[host][streams]") {
  Pipe in, out;
  CHECK(in_child(in.reader(), out.writer(), [&](PosixHost& host) {
    in.close_writer();  // ours; the parent has one
    bool ok = host.stream_info(Stream::input).type == FileType::fifo && !host.stream_info(Stream::input).is_terminal;
    ok = ok && !host.stream_ready(Stream::input) && read_some(host) == "EAGAIN";
    ok = ok && host.wait(true, host.monotonic() + std::chrono::milliseconds{10}) == Wake::deadline;
    ok = ok && host.stream_ready(Stream::output);
    // The flags of a descriptor that others share are as they were.
    return ok && (::fcntl(STDIN_FILENO, F_GETFL) & O_NONBLOCK) == 0;
  }));
  REQUIRE(::write(in.writer(), "hello", 5) == 5);
  CHECK(in_child(in.reader(), out.writer(), [&](PosixHost& host) {
    in.close_writer();
    return host.wait(true, std::nullopt) == Wake::ready && read_some(host, 3) == "hel" && read_some(host) == "lo" &&
           read_some(host) == "EAGAIN";
  }));
  in.close_writer();
  CHECK(in_child(in.reader(), out.writer(), [](PosixHost& host) {
    return host.stream_ready(Stream::input) && read_some(host).empty();  // the end
  }));
}

TEST_CASE("a full pipe takes what fits and does not make lpaemu wait", "[host][streams]") {
  Pipe in, out;
  CHECK(in_child(in.reader(), out.writer(), [](PosixHost& host) {
    const std::string block(1 << 20, 'x');
    const auto first = host.stream_write(Stream::output, std::as_bytes(std::span{block}));
    if (!first || *first == 0 || *first >= block.size()) return false;
    const auto second = host.stream_write(Stream::output, std::as_bytes(std::span{block}));
    return !second && second.error() == Errno::eagain && !host.stream_ready(Stream::output);
  }));
}

TEST_CASE("a pipe without a reader is EPIPE", "[host][streams]") {
  Pipe in, out;
  CHECK(in_child(in.reader(), out.writer(), [&](PosixHost& host) {
    std::signal(SIGPIPE, SIG_IGN);
    out.close_reader();
    const std::string text = "x";
    // The parent has a reader, too: close the whole pipe by putting the writer of a dead one in its place.
    int dead[2];
    if (::pipe(dead) != 0) return false;
    ::dup2(dead[1], STDOUT_FILENO);
    ::close(dead[0]);
    const auto put = host.stream_write(Stream::output, std::as_bytes(std::span{text}));
    return !put && put.error() == Errno::epipe;
  }));
}

TEST_CASE("a redirected file keeps one position for all who share it", "[host][streams]") {
  char name[] = "/tmp/lpaemu-stream-XXXXXX";
  const int file = ::mkstemp(name);
  REQUIRE(file >= 0);
  Pipe in;
  REQUIRE(::write(file, "before ", 7) == 7);
  CHECK(in_child(in.reader(), file, [](PosixHost& host) {
    const kernel::StreamInfo info = host.stream_info(Stream::output);
    const std::string text = "guest ";
    const auto put = host.stream_write(Stream::output, std::as_bytes(std::span{text}));
    return info.type == FileType::regular && info.seekable && info.size == 7 && !info.append && put == 6U &&
           host.stream_seek(Stream::output, 0, 1) == 13U && host.stream_info(Stream::output).size == 13;
  }));
  REQUIRE(::write(file, "after", 5) == 5);
  char text[32] = {};
  REQUIRE(::pread(file, text, sizeof text - 1, 0) == 18);
  CHECK(std::string{text} == "before guest after");
  REQUIRE(::lseek(file, 7, SEEK_SET) == 7);
  CHECK(in_child(file, in.writer(), [](PosixHost& host) {
    return read_some(host, 5) == "guest" && host.stream_seek(Stream::input, -5, 2) == 13U &&
           read_some(host) == "after" && read_some(host).empty();
  }));
  CHECK(in_child(in.reader(), file, [](PosixHost& host) { return !host.stream_seek(Stream::input, 0, 1); }));
  ::close(file);
  ::unlink(name);
}

TEST_CASE("a terminal is told from a device, and its mode is left alone", "[host][streams][tty]") {
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (master < 0 || ::grantpt(master) != 0 || ::unlockpt(master) != 0) SKIP("no pseudo-terminals here");
  const int slave = ::open(::ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
  REQUIRE(slave >= 0);
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  CHECK(in_child(slave, null, [&](PosixHost& host) {
    bool ok = host.stream_info(Stream::input).is_terminal && !host.stream_info(Stream::output).is_terminal &&
              host.stream_info(Stream::output).type == FileType::character_device && !host.stream_ready(Stream::input);
    ok = ok && ::write(master, "line\n", 5) == 5 && host.wait(true, std::nullopt) == Wake::ready;
    return ok && read_some(host) == "line\n";
  }));
  ::close(null);
  ::close(slave);
  ::close(master);
}

TEST_CASE("a closed stream says so instead of waiting", "[host][streams]") {
  Pipe in, out;
  CHECK(in_child(in.reader(), out.writer(), [](PosixHost& host) {
    ::close(STDIN_FILENO);
    return host.stream_ready(Stream::input) && read_some(host) == "EBADF";
  }));
}

TEST_CASE("a signal handler or another thread ends a wait", "[host][wait]") {
  Pipe in, out;
  CHECK(in_child(in.reader(), out.writer(), [](PosixHost& host) {
    static PosixHost* interrupted = nullptr;
    interrupted = &host;
    std::signal(SIGUSR1, [](int) { interrupted->interrupt(); });
    std::thread other{[main = ::pthread_self()] {
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
      ::pthread_kill(main, SIGUSR1);
    }};
    const bool ok = host.wait(true, std::nullopt) == Wake::interrupted;
    other.join();
    return ok;
  }));
}

}  // namespace lpaemu::emu::testing
