// Stops that come at any time.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <ctime>

#include "lpaemu/emu/engine/engine.h"

namespace lpaemu::emu::test {

/// Asks for a stop every 20 microseconds, from a signal handler, until it is slowed down.
class StopTimer {
 public:
  explicit StopTimer(Engine& engine, void (*ask)(Engine&) = [](Engine& engine) { engine.request_stop(); }) {
    asked_ = &engine;
    ask_ = ask;
    struct sigaction action{};
    action.sa_handler = [](int) { ask_(*asked_); };
    action.sa_flags = SA_RESTART;
    sigaction(SIGUSR1, &action, &before_);
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGUSR1;
    REQUIRE(timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0);
    start();
  }
  /// Half as often.
  void slow_down() {
    nanoseconds_ *= 2;
    start();
  }
  ~StopTimer() {
    timer_delete(timer_);
    sigaction(SIGUSR1, &before_, nullptr);
  }
  StopTimer(const StopTimer&) = delete;
  StopTimer& operator=(const StopTimer&) = delete;

 private:
  void start() {
    constexpr long second = 1'000'000'000;
    const timespec interval{nanoseconds_ / second, nanoseconds_ % second};
    const itimerspec spec{interval, interval};
    timer_settime(timer_, 0, &spec, nullptr);
  }

  static inline Engine* asked_ = nullptr;
  static inline void (*ask_)(Engine&) = nullptr;
  timer_t timer_{};
  long nanoseconds_ = 20'000;
  struct sigaction before_{};
};

}  // namespace lpaemu::emu::test
