#include "lpaemu/emu/cli/interrupt_key.h"

#include <atomic>
#include <csignal>

namespace lpaemu::emu {
namespace {

// A signal handler can reach globals only.
std::function<void()> interrupt_guest;
std::atomic<bool> was_pressed = false;

}  // namespace

InterruptKey::InterruptKey(std::function<void()> interrupt) {
  interrupt_guest = std::move(interrupt);
  struct sigaction action{};
  action.sa_handler = [](int) {
    was_pressed = true;
    interrupt_guest();
  };
  action.sa_flags = SA_RESTART;  // what is being written
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
}

InterruptKey::~InterruptKey() { std::signal(SIGINT, SIG_DFL); }

// NOLINTNEXTLINE(readability-convert-member-functions-to-static): it has an answer only while a key lives
bool InterruptKey::pressed() const { return was_pressed.exchange(false); }

}  // namespace lpaemu::emu
