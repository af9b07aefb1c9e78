// What may end a run from outside: SIGINT, SIGTERM and --timeout.
#pragma once

#include <functional>
#include <optional>

namespace lpaemu::emu {

/// While one of these lives, the first SIGINT or SIGTERM, or the end of the time, calls `stop` (from a signal handler:
/// it must be async-signal-safe) so that reports are still written. A second signal ends the process at once with
/// 128+N.
class StopSignals {
 public:
  StopSignals(std::optional<double> timeout_seconds, std::function<void()> stop);
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// The signal that came first, SIGALRM for the time-out; nothing if none came.
  [[nodiscard]] std::optional<int> received() const;
};

}  // namespace lpaemu::emu
