// A guest with all that the options of `lpaemu run` ask for: what `run` and `debug` share.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

#include "lpaemu/emu/cli/run_options.h"
#include "lpaemu/emu/host/posix_host.h"
#include "lpaemu/emu/host/repeater.h"
#include "lpaemu/emu/machine/user.h"

namespace lpaemu::emu {

class Listeners;

enum class Purpose : std::uint8_t { run, debug };

class GuestRun {
 public:
  /// Makes the machine, mounts the tree and loads the program.
  /// For a debugger: a guest that can go on after interrupt().
  [[nodiscard]] static Expected<std::unique_ptr<GuestRun>, Error> create(const RunOptions& options, Purpose purpose);
  ~GuestRun();

  [[nodiscard]] UserMachine& machine() { return *machine_; }
  [[nodiscard]] PosixHost& host() { return host_; }
  /// Async-signal-safe.
  void interrupt() {
    machine_->interrupt();
    host_.interrupt();
    if (nudges_) nudges_->wake();
  }

  /// Says how the run ended, where that needs words, and writes what --stats asks for; answers the exit status.
  /// `signal`: what stopped an interrupted run.
  [[nodiscard]] int conclude(RunEnd end, std::optional<int> signal);
  /// The same without words; answers `status`, or that of a report that cannot be written.
  [[nodiscard]] int report(int status);

 private:
  explicit GuestRun(const RunOptions& options);

  RunOptions options_;
  std::chrono::steady_clock::time_point begin_;
  PosixHost host_;
  std::unique_ptr<UserMachine> machine_;
  std::unique_ptr<Listeners> listeners_;
  std::optional<Repeater> nudges_;
};

/// The guest of this moment, for signal handlers.
struct Running {
  GuestRun* guest = nullptr;

  void interrupt() const {
    if (guest != nullptr) guest->interrupt();
  }
};

void to_standard_error(std::string_view text);

}  // namespace lpaemu::emu
