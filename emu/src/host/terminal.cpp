#include "lpaemu/emu/host/terminal.h"

#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <string_view>

namespace lpaemu::emu {
namespace {

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string_view{} : value;
}

constexpr std::array fatal_signals{SIGHUP, SIGTERM, SIGQUIT, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

// A signal handler can reach globals only.
struct Left {
  int terminal = -1;
  termios settings{};
  std::string text;
};
Left left;

extern "C" void leave_terminal(int signo) {
  restore_terminal();
  ::raise(signo);  // SA_RESETHAND: what it does by itself, once this handler has returned
}

}  // namespace

bool output_is_screen() {
  const std::string_view term = variable("TERM");
  return ::isatty(STDOUT_FILENO) == 1 && !term.empty() && term != "dumb";
}

bool output_has_colours() { return output_is_screen() && variable("NO_COLOR").empty(); }

KeyStream keys_of(int terminal) {
  const int own = ::dup(terminal);
  return KeyStream{own < 0 ? nullptr : ::fdopen(own, "r")};
}

void restore_terminal() {
  if (left.terminal < 0) return;
  ::tcsetattr(left.terminal, TCSANOW, &left.settings);
  [[maybe_unused]] const ssize_t written = ::write(STDOUT_FILENO, left.text.data(), left.text.size());
}

TerminalGuard::TerminalGuard(int terminal) {
  left.terminal = terminal;
  ::tcgetattr(terminal, &left.settings);
  struct sigaction action{};
  action.sa_handler = leave_terminal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  for (const int signo : fatal_signals) {
    struct sigaction before{};
    ::sigaction(signo, nullptr, &before);
    if (before.sa_handler == SIG_DFL) ::sigaction(signo, &action, nullptr);
  }
}

void TerminalGuard::write_at_end(std::string text) { left.text = std::move(text); }

TerminalGuard::~TerminalGuard() {
  for (const int signo : fatal_signals) {
    struct sigaction now{};
    ::sigaction(signo, nullptr, &now);
    if (now.sa_handler == leave_terminal) std::signal(signo, SIG_DFL);
  }
  left = {};
}

}  // namespace lpaemu::emu
