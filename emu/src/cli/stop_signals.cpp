#include "lpaemu/emu/cli/stop_signals.h"

#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <csignal>
#include <ctime>

#include "lpaemu/emu/cli/commands.h"
#include "lpaemu/emu/host/terminal.h"

namespace lpaemu::emu {
namespace {

// A signal handler can reach globals only. There is one run in a process.
std::function<void()> stop_run;
std::atomic<int> first_signal = 0;
std::atomic<double> first_time = 0;

double now() {  // seconds; std::chrono does not promise to be async-signal-safe
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

void set_timer(double seconds) {
  itimerval timer{};
  double whole = 0;
  const double fraction = std::modf(seconds, &whole);
  timer.it_value.tv_sec = static_cast<time_t>(whole);
  timer.it_value.tv_usec = static_cast<suseconds_t>(fraction * 1e6);
  setitimer(ITIMER_REAL, &timer, nullptr);
}

// timeout(1) sends one signal to its child and one to the process group, an instant apart: no second wish.
bool is_echo() {
  constexpr double instant = 0.1;
  return now() - first_time < instant;
}

void on_signal(int signo) {
  int none = 0;
  if (first_signal.compare_exchange_strong(none, signo)) {
    first_time = now();
  } else if (signo != SIGALRM && !is_echo()) {
    restore_terminal();
    _exit(exit_signal_base + signo);
  }
  stop_run();
  constexpr double soon = 0.05;  // again, in case the guest was just about to be started
  set_timer(soon);
}

constexpr int stop_signals[] = {SIGINT, SIGTERM, SIGALRM, SIGHUP};

/// `flags`: SA_RESTART, or 0 to end a system call that waits.
void install_handlers(int flags) {
  struct sigaction action{};
  action.sa_handler = on_signal;
  action.sa_flags = flags;
  sigemptyset(&action.sa_mask);
  for (const int signo : stop_signals) sigaddset(&action.sa_mask, signo);
  struct sigaction hangup{};
  sigaction(SIGHUP, nullptr, &hangup);
  for (const int signo : stop_signals) sigaction(signo, &action, nullptr);
  if (hangup.sa_handler == SIG_IGN) sigaction(SIGHUP, &hangup, nullptr);  // as nohup wants it
}

}  // namespace

StopSignals::StopSignals(std::optional<double> timeout_seconds, std::function<void()> stop) {
  stop_run = std::move(stop);
  first_signal = 0;
  install_handlers(0);
  if (!timeout_seconds) return;
  constexpr double least = 1e-6;  // 0 would switch the timer off
  set_timer(std::max(*timeout_seconds, least));
}

// NOLINTNEXTLINE(readability-convert-member-functions-to-static): it has something to end only while one of these lives
void StopSignals::run_ended() {
  set_timer(0);
  install_handlers(SA_RESTART);
}

StopSignals::~StopSignals() {
  set_timer(0);
  for (const int signo : stop_signals) std::signal(signo, SIG_DFL);
}

std::optional<int> StopSignals::received() const {
  const int signo = first_signal;
  return signo == 0 ? std::nullopt : std::optional{signo};
}

}  // namespace lpaemu::emu
