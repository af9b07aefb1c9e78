#include "lpaemu/emu/cli/interrupt_key.h"

#include <csignal>

namespace lpaemu::emu {
namespace {

std::function<void()> interrupt_guest;  // a signal handler can reach globals only

}  // namespace

InterruptKey::InterruptKey(std::function<void()> interrupt) {
  interrupt_guest = std::move(interrupt);
  struct sigaction action{};
  action.sa_handler = [](int) { interrupt_guest(); };
  action.sa_flags = SA_RESTART;  // a line that is being typed
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
}

InterruptKey::~InterruptKey() { std::signal(SIGINT, SIG_DFL); }

}  // namespace lpaemu::emu
