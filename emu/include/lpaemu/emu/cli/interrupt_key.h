// Ctrl-C while a debugger runs the guest.
#pragma once

#include <functional>

namespace lpaemu::emu {

/// While it lives, SIGINT calls `interrupt`, from the signal handler: it must be async-signal-safe.
class InterruptKey {
 public:
  explicit InterruptKey(std::function<void()> interrupt);
  ~InterruptKey();
  InterruptKey(const InterruptKey&) = delete;
  InterruptKey& operator=(const InterruptKey&) = delete;

  /// Whether it came since this was asked last.
  [[nodiscard]] bool pressed() const;
};

}  // namespace lpaemu::emu
