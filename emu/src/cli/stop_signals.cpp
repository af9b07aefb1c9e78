#include "lpaemu/emu/cli/stop_signals.h"

#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <csignal>

#include "lpaemu/emu/cli/commands.h"

namespace lpaemu::emu {
namespace {

// A signal handler can reach globals only. There is one run in a process.
std::function<void()> stop_run;
std::atomic<int> first_signal = 0;

void on_signal(int signo) {
  int none = 0;
  if (!first_signal.compare_exchange_strong(none, signo)) {
    if (signo != SIGALRM) _exit(exit_signal_base + signo);
    return;
  }
  stop_run();
}

constexpr int stop_signals[] = {SIGINT, SIGTERM, SIGALRM};

}  // namespace

StopSignals::StopSignals(std::optional<double> timeout_seconds, std::function<void()> stop) {
  stop_run = std::move(stop);
  first_signal = 0;
  struct sigaction action{};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  for (const int signo : stop_signals) sigaction(signo, &action, nullptr);
  // Output to a closed pipe is the guest's affair: EPIPE, not our death.
  std::signal(SIGPIPE, SIG_IGN);
  if (!timeout_seconds) return;
  itimerval timer{};
  double whole = 0;
  const double fraction = std::modf(*timeout_seconds, &whole);
  timer.it_value.tv_sec = static_cast<time_t>(whole);
  timer.it_value.tv_usec = std::max<suseconds_t>(static_cast<suseconds_t>(fraction * 1e6), whole > 0 ? 0 : 1);
  setitimer(ITIMER_REAL, &timer, nullptr);
}

StopSignals::~StopSignals() {
  const itimerval off{};
  setitimer(ITIMER_REAL, &off, nullptr);
  for (const int signo : stop_signals) std::signal(signo, SIG_DFL);
}

std::optional<int> StopSignals::received() const {
  const int signo = first_signal;
  return signo == 0 ? std::nullopt : std::optional{signo};
}

}  // namespace lpaemu::emu
