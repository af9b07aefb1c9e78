// Does something in the midst of what the program does, again and again until it has worked.
#pragma once

#include <ctime>
#include <functional>

namespace lpaemu::emu {

/// For programs with one thread.
class Repeater {
 public:
  /// `call` answers whether it is to be called again, a millisecond later. It is called by a signal handler (of
  /// SIGRTMIN): it must be async-signal-safe.
  explicit Repeater(std::function<bool()> call);
  ~Repeater();
  Repeater(const Repeater&) = delete;
  Repeater& operator=(const Repeater&) = delete;

  /// Begins to call. Async-signal-safe.
  void wake() noexcept;

 private:
  const std::function<bool()> call_;
  timer_t timer_{};
};

}  // namespace lpaemu::emu
