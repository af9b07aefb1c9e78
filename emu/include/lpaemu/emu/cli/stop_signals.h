// What may end a run from outside: SIGINT, SIGTERM, SIGHUP and --timeout.
#pragma once

#include <functional>
#include <optional>

namespace lpaemu::emu {

/// While one of these lives, the first of these signals, or the end of the time, calls `stop` again and again until
/// run_ended(), from a signal handler: it must be async-signal-safe. Then reports are still written. A second signal
/// that is no echo of the first (within 0.1 s, as timeout(1) makes one) ends the process at once with 128+N.
class StopSignals {
 public:
  StopSignals(std::optional<double> timeout_seconds, std::function<void()> stop);
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// No more calls of `stop`, and no time-out any more. What is written from now on a signal does not cut short, unless
  /// it ends the process.
  void run_ended();
  /// The signal that came first, SIGALRM for the time-out; nothing if none came.
  [[nodiscard]] std::optional<int> received() const;
};

}  // namespace lpaemu::emu
