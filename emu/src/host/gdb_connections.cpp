#include "lpaemu/emu/host/gdb_connections.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "lpaemu/emu/host/unique_fd.h"

namespace lpaemu::emu {
namespace {

std::function<void()> interrupt_guest;  // a signal handler can reach globals only
std::function<bool()> give_up;          // whether to wait no longer

bool readable(int fd, int timeout_ms) {
  pollfd one{fd, POLLIN, 0};
  return fd >= 0 && ::poll(&one, 1, timeout_ms) == 1;
}

/// SIGIO when something comes in, or not any more.
void set_async(int fd, bool on) {
  if (fd < 0) return;
  if (on) ::fcntl(fd, F_SETOWN, ::getpid());
  const int flags = ::fcntl(fd, F_GETFL);
  ::fcntl(fd, F_SETFL, on ? flags | O_ASYNC : flags & ~O_ASYNC);
}

class GdbConnections final : public gdb::Connections {
 public:
  /// Either a listener, or `in` and `out` of the only client.
  GdbConnections(UniqueFd listener, UniqueFd in, UniqueFd out, std::string path = {})
      : listener_{std::move(listener)}, in_{std::move(in)}, out_{std::move(out)}, path_{std::move(path)} {
    struct sigaction action{};
    action.sa_handler = [](int) { interrupt_guest(); };
    sigemptyset(&action.sa_mask);
    sigaction(SIGIO, &action, nullptr);
  }
  ~GdbConnections() override {
    interrupt_on_input(false);
    std::signal(SIGIO, SIG_IGN);
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  GdbConnections(const GdbConnections&) = delete;
  GdbConnections& operator=(const GdbConnections&) = delete;

  bool accept() override {
    while (!connected() && listener_.valid()) {
      if (give_up()) return false;
      if (readable(listener_.get(), -1) && !take_client()) return false;
    }
    return connected();
  }
  bool accept_ready() override {
    if (!connected() && readable(listener_.get(), 0)) static_cast<void>(take_client());
    return connected();
  }
  bool connected() const override { return in_.valid(); }
  void disconnect() override {
    in_ = UniqueFd{};
    out_ = UniqueFd{};
  }

  std::string receive() override { return wait_for(in_.get(), POLLIN) ? read_some() : std::string{}; }
  std::string receive_ready() override {
    if (readable(listener_.get(), 0)) refuse();
    if (!readable(in_.get(), 0)) return {};
    std::string bytes = read_some();
    if (bytes.empty()) disconnect();
    return bytes;
  }
  void send(std::string_view bytes) override {
    while (!bytes.empty() && out_.valid() && wait_for(out_.get(), POLLOUT)) {
      const ssize_t count = write_some(bytes);
      if (count >= 0)
        bytes.remove_prefix(static_cast<std::size_t>(count));
      else if (errno != EINTR && errno != EAGAIN)
        return;
    }
  }
  void interrupt_on_input(bool on) override {
    set_async(in_.get(), on);
    set_async(listener_.get(), on);
    // What came before the signal was asked for makes none.
    if (on && (readable(in_.get(), 0) || readable(listener_.get(), 0))) interrupt_guest();
  }

 private:
  /// Waits until the client can be read from or written to, or is gone. A client that sends without an end, or does not
  /// read, keeps nobody from ending lpaemu. False: it is to be ended.
  bool wait_for(int fd, short event) {
    while (!give_up()) {
      std::array<pollfd, 2> fds{pollfd{fd, event, 0}, pollfd{listener_.get(), POLLIN, 0}};
      if (::poll(fds.data(), listener_.valid() ? 2 : 1, -1) < 0) {
        if (errno != EINTR) return false;
        continue;
      }
      if (fds[0].revents != 0) return true;  // first: perhaps it has gone, and the other one is no second one
      if (fds[1].revents != 0) refuse();
    }
    return false;
  }
  /// What can be written without waiting. Not by O_NONBLOCK: others may have the same standard output open.
  ssize_t write_some(std::string_view bytes) {
    const ssize_t count = ::send(out_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count >= 0 || errno != ENOTSOCK) return count;
    return ::write(out_.get(), bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));  // room for so many
  }
  /// False: the listener is broken. A client that has gone again is no failure.
  bool take_client() {
    UniqueFd client{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    if (!client.valid()) return errno == EINTR || errno == ECONNABORTED;
    const int on = 1;
    ::setsockopt(client.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // no TCP: no harm
    out_ = UniqueFd{::fcntl(client.get(), F_DUPFD_CLOEXEC, 0)};
    in_ = std::move(client);
    return true;
  }
  std::string read_some() {
    std::array<char, 16384> buffer;
    ssize_t count = 0;
    do count = ::read(in_.get(), buffer.data(), buffer.size());
    while (count < 0 && errno == EINTR);
    return count > 0 ? std::string{buffer.data(), static_cast<std::size_t>(count)} : std::string{};
  }
  /// There is a client: a second one is told so.
  void refuse() {
    refused_ = UniqueFd{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    if (!refused_.valid()) return;
    const std::string words = "+" + gdb::frame("E.lpaemu serves another debugger already");
    [[maybe_unused]] const ssize_t ignored = ::write(refused_.get(), words.data(), words.size());
    ::shutdown(refused_.get(), SHUT_WR);
  }

  UniqueFd listener_, in_, out_;
  UniqueFd refused_;  // open for a while: a client that cannot send its first packet does not read why
  std::string path_;
};

Error cannot_listen(const std::string& where, std::string_view why) {
  return Error{fmt::format("cannot wait for a GDB at '{}': {}", where, why)};
}

/// Whether `address` is a socket's file that nobody listens at any more. Asked as a datagram, which a listener refuses:
/// it does not take the question for a client.
bool is_left_behind(const sockaddr_un& address) {
  struct stat file{};
  if (::lstat(address.sun_path, &file) != 0 || !S_ISSOCK(file.st_mode)) return false;
  const UniqueFd question{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  return question.valid() &&
         ::connect(question.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
         errno == ECONNREFUSED;
}

Expected<std::unique_ptr<gdb::Connections>, Error> listen_unix(const std::string& where, const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return unexpected(cannot_listen(where, "the path is empty or too long"));
  path.copy(address.sun_path, path.size());
  if (is_left_behind(address)) ::unlink(path.c_str());
  UniqueFd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (!fd.valid() || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(fd.get(), 1) != 0) {
    if (errno != EADDRINUSE) return unexpected(cannot_listen(where, std::strerror(errno)));
    return unexpected(cannot_listen(where, "there is such a file, and if it is a socket, somebody listens at it"));
  }
  return std::make_unique<GdbConnections>(std::move(fd), UniqueFd{}, UniqueFd{}, path);
}

constexpr std::string_view stdio = "stdio";
constexpr std::string_view unix_prefix = "unix:";

struct TcpAddress {
  std::string host;  // without brackets
  std::string port;
};

/// [HOST:]PORT, and as URLs have it, [HOST]:PORT where HOST has colons.
std::optional<TcpAddress> parse_tcp(const std::string& where) {
  const std::size_t colon = where.rfind(':');
  std::string host = colon == std::string::npos || colon == 0 ? "127.0.0.1" : where.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const std::string port = colon == std::string::npos ? where : where.substr(colon + 1);
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc{} || end != port.data() + port.size()) return std::nullopt;
  return TcpAddress{host, port};
}

Expected<std::unique_ptr<gdb::Connections>, Error> listen_tcp(const std::string& where) {
  const auto address = parse_tcp(where);
  LPAEMU_ASSERT(address, "'{}' is no address to listen at", where);
  const auto& [host, port] = *address;
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int result = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found); result != 0)
    return unexpected(cannot_listen(where, ::gai_strerror(result)));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses{found, &::freeaddrinfo};
  UniqueFd fd{::socket(addresses->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const int on = 1;
  if (fd.valid()) ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (!fd.valid() || ::bind(fd.get(), addresses->ai_addr, addresses->ai_addrlen) != 0 || ::listen(fd.get(), 1) != 0)
    return unexpected(cannot_listen(where, std::strerror(errno)));
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  std::array<char, NI_MAXSERV> name{};
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&bound), &size);
  ::getnameinfo(reinterpret_cast<const sockaddr*>(&bound), size, nullptr, 0, name.data(), name.size(), NI_NUMERICSERV);
  if (host != "127.0.0.1" && host != "localhost" && host != "::1")
    fmt::print(stderr, "lpaemu: warning: whoever reaches {} can control lpaemu\n", where);
  const bool colons = host.find(':') != std::string::npos;
  fmt::print(stderr, "lpaemu: waiting for a GDB: target remote {}:{}\n", colons ? '[' + host + ']' : host, name.data());
  return std::make_unique<GdbConnections>(std::move(fd), UniqueFd{}, UniqueFd{});
}

Expected<std::unique_ptr<gdb::Connections>, Error> serve_stdio(const std::string& where) {
  UniqueFd in{::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)};
  UniqueFd out{::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)};
  const UniqueFd null{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  if (!in.valid() || !out.valid() || !null.valid() || ::dup2(null.get(), STDIN_FILENO) < 0 ||
      ::dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
    return unexpected(cannot_listen(where, std::strerror(errno)));
  return std::make_unique<GdbConnections>(UniqueFd{}, std::move(in), std::move(out));
}

}  // namespace

bool is_gdb_address(const std::string& where) {
  return where == stdio || where.starts_with(unix_prefix) || parse_tcp(where).has_value();
}

Expected<std::unique_ptr<gdb::Connections>, Error> listen_for_gdb(const std::string& where,
                                                                  std::function<void()> interrupt,
                                                                  std::function<bool()> stop_waiting) {
  interrupt_guest = std::move(interrupt);
  give_up = std::move(stop_waiting);
  if (where == stdio) return serve_stdio(where);
  if (where.starts_with(unix_prefix)) return listen_unix(where, where.substr(unix_prefix.size()));
  return listen_tcp(where);
}

}  // namespace lpaemu::emu
