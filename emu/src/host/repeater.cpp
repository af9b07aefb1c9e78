#include "lpaemu/emu/host/repeater.h"

#include <cerrno>
#include <csignal>
#include <utility>

#include "lpaemu/mmu/assert.h"

namespace lpaemu::emu {

Repeater::Repeater(std::function<bool()> call) : call_{std::move(call)} {
  struct sigaction action{};
  action.sa_sigaction = [](int, siginfo_t* info, void*) {
    const int error = errno;
    auto& repeater = *static_cast<Repeater*>(info->si_value.sival_ptr);
    if (repeater.call_()) repeater.wake();
    errno = error;
  };
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGRTMIN, &action, nullptr);
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGRTMIN;
  event.sigev_value.sival_ptr = this;
  const int result = timer_create(CLOCK_MONOTONIC, &event, &timer_);
  LPAEMU_ASSERT(result == 0, "timer_create: errno {}", errno);
}

Repeater::~Repeater() { timer_delete(timer_); }

void Repeater::wake() noexcept {
  constexpr itimerspec soon{{0, 0}, {0, 1'000'000}};
  timer_settime(timer_, 0, &soon, nullptr);
}

}  // namespace lpaemu::emu
