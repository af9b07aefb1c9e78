// terminal COMMAND [ARGUMENT...]: runs the command at a terminal of 80x24, does what the lines of standard input say,
// and looks at what the terminal shows. Status 0: all was as expected.
//
//   type TEXT            keys; \r \t \b (backspace) \e and \cX (a control key) stand for themselves
//   wait TEXT            until a row has it
//   gone TEXT            until none has it
//   styled TEXT          it is coloured, bold or reversed
//   plain TEXT           it is not
//   full | lines         the screen is that of full-screen programs, or not
//   cooked               the terminal has the settings that it began with
//   raw                  until the program takes each key as it is typed; before that \cD means another thing
//   resize COLUMNS ROWS
//   signal NUMBER        to the program
//   screen FILE          writes what is shown into FILE
//   end STATUS           until the program has ended with it: 128 + N for signal N
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>

#include "screen.h"

namespace lpaemu::tests {
namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr int default_rows = 24, default_columns = 80;

class Terminal {
 public:
  explicit Terminal(char** command) {
    winsize size{.ws_row = default_rows, .ws_col = default_columns, .ws_xpixel = 0, .ws_ypixel = 0};
    int slave = -1;
    if (::openpty(&master_, &slave, nullptr, nullptr, &size) != 0) std::abort();
    ::tcgetattr(slave, &settings_);
    child_ = ::fork();
    if (child_ == 0) {
      ::login_tty(slave);
      ::close(master_);
      ::execvp(command[0], command);
      ::_exit(127);
    }
    slave_ = slave;  // kept open, so that its settings can be read when the program has ended
  }
  ~Terminal() {
    if (!status_) ::kill(child_, SIGKILL);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  /// Takes in what the program writes until `done`; false: it did not come to that.
  [[nodiscard]] bool until(const std::function<bool()>& done) {
    const auto end = steady_clock::now() + 30s;
    while (!done()) {
      if (steady_clock::now() > end) return false;
      take_in();
    }
    return true;
  }
  void type(const std::string& keys) {
    if (::write(master_, keys.data(), keys.size()) < 0) std::perror("type");
  }
  void resize(int columns, int rows) {
    screen_.resize(rows, columns);
    const winsize size{.ws_row = static_cast<unsigned short>(rows),
                       .ws_col = static_cast<unsigned short>(columns),
                       .ws_xpixel = 0,
                       .ws_ypixel = 0};
    ::ioctl(master_, TIOCSWINSZ, &size);
  }
  void signal(int number) { ::kill(child_, number); }
  [[nodiscard]] bool has_first_settings() const {
    termios now{};
    ::tcgetattr(slave_, &now);
    return now.c_lflag == settings_.c_lflag && now.c_iflag == settings_.c_iflag && now.c_oflag == settings_.c_oflag;
  }
  [[nodiscard]] std::optional<int> status() {
    int status = 0;
    if (!status_ && ::waitpid(child_, &status, WNOHANG) == child_)
      status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return status_;
  }
  [[nodiscard]] const Screen& screen() const { return screen_; }

 private:
  void take_in() {
    pollfd ready{.fd = master_, .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, 20) != 1) return;
    std::array<char, 4096> bytes;
    const ssize_t count = ::read(master_, bytes.data(), bytes.size());
    if (count > 0) screen_.write({bytes.data(), static_cast<std::size_t>(count)});
  }

  int master_ = -1, slave_ = -1;
  pid_t child_ = -1;
  termios settings_{};
  std::optional<int> status_;
  Screen screen_{default_rows, default_columns};
};

std::string keys_of(const std::string& text) {
  std::string keys;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      keys += text[i];
      continue;
    }
    switch (const char c = text[++i]) {
      case 'r': keys += '\r'; break;
      case 't': keys += '\t'; break;
      case 'b': keys += '\x7f'; break;
      case 'e': keys += '\x1b'; break;
      case 'c':
        if (++i < text.size()) keys += static_cast<char>(text[i] & 0x1f);
        break;
      default: keys += c;
    }
  }
  return keys;
}

void show(const Screen& screen, std::ostream& out) {
  for (const std::string& line : screen.text()) out << line << '\n';
}

/// Whether the step turned out as it says.
bool run_step(Terminal& terminal, const std::string& verb, const std::string& text) {
  const Screen& screen = terminal.screen();
  if (verb == "type") return terminal.type(keys_of(text)), true;
  if (verb == "wait") return terminal.until([&] { return screen.contains(text); });
  if (verb == "gone") return terminal.until([&] { return !screen.contains(text); });
  if (verb == "styled") return screen.contains(text) && screen.is_styled(text);
  if (verb == "plain") return screen.contains(text) && !screen.is_styled(text);
  if (verb == "full") return terminal.until([&] { return screen.is_alternate(); });
  if (verb == "lines") return terminal.until([&] { return !screen.is_alternate() && screen.has_cursor(); });
  if (verb == "cooked") return terminal.until([&] { return terminal.has_first_settings(); });
  if (verb == "raw") return terminal.until([&] { return !terminal.has_first_settings(); });
  if (verb == "signal") return terminal.signal(std::stoi(text)), true;
  if (verb == "end")
    return terminal.until([&] { return terminal.status().has_value(); }) && terminal.status() == std::stoi(text);
  std::istringstream words{text};
  if (int columns = 0, rows = 0; verb == "resize" && words >> columns >> rows)
    return terminal.resize(columns, rows), true;
  if (verb == "screen") {
    std::ofstream file{text};
    show(screen, file);
    return file.good();
  }
  std::cout << "no such step\n";
  return false;
}

int run(char** command) {
  Terminal terminal{command};
  std::string line;
  for (int number = 1; std::getline(std::cin, line); ++number) {
    if (line.empty() || line.front() == '#') continue;
    const std::string verb = line.substr(0, line.find(' '));
    if (run_step(terminal, verb, verb.size() == line.size() ? "" : line.substr(verb.size() + 1))) continue;
    std::cout << "step " << number << " failed: " << line << "\nThe terminal shows:\n";
    show(terminal.screen(), std::cout);
    if (const auto status = terminal.status()) std::cout << "and the program has ended with " << *status << "\n";
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace lpaemu::tests

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: terminal COMMAND [ARGUMENT...] <STEPS\n";
    return 2;
  }
  return lpaemu::tests::run(argv + 1);
}
