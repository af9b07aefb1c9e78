// Why the guest stopped, what a debugger's face may answer, and the face itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lpaemu/emu/engine/fault_address.h"
#include "lpaemu/kernel_model/events.h"
#include "lpaemu/kernel_model/task/task.h"

namespace lpaemu::emu {

enum class StopKind : std::uint8_t {
  started,         // before the first instruction
  breakpoint,      // the PC is on it
  stepped,         // one instruction was executed, or retried after a fault
  watchpoint,      // the access was made; the PC is behind its instruction
  fault,           // at an event of a fault that is being handled: see `phase`
  pte_change,      // a system call has changed the entry
  syscall_entry,   // the PC is behind the SVC, nothing was done
  syscall_return,  // r0 holds the result
  refs_cleared,    // a system call has cleared the soft-dirty bits
  exiting,         // at the call that ends the guest: the PC is behind the SVC, nothing was done; `result`: the status
  signal,          // it takes effect next
  injected,        // the access that was injected has been handled; no instruction was executed
  interrupted,     // somebody asked for it
  exited,          // the guest has ended; there is nothing to go on with
};

/// An access to watched memory.
struct WatchHit {
  DataAccess access;                     // of the kernel: the watched range
  VirtAddr va;                           // what is watched
  std::vector<std::byte> before, after;  // its bytes
  VirtAddr pc;                           // the instruction
  std::optional<std::uint32_t> syscall;  // the kernel wrote, in this system call
};

struct PteChange {
  VirtAddr page;
  mmu::Pte before, after;
  std::uint32_t syscall = 0;
  std::vector<int> points{};
};

/// A point's condition could not be evaluated: the guest stops, as if it were true.
struct ConditionFailure {
  int point = 0;
  std::string why;
};

/// One stop. It names its process and thread; nothing says that it comes after the one before.
struct StopEvent {
  StopKind kind = StopKind::started;
  std::int32_t pid = 0;
  std::int32_t tid = 0;
  std::vector<int> points{};  // the numbers of those that it is due to
  std::optional<WatchHit> watch{};
  std::optional<kernel::Event> phase{};
  std::optional<PteChange> pte{};
  std::optional<kernel::siginfo> signal{};
  std::uint32_t syscall = 0;
  std::uint32_t result = 0;
  std::vector<ConditionFailure> condition_failures{};  // of these points
  bool asked_for = false;  // somebody wanted the guest to stop as well, whatever it stopped for
};

enum class ResumeKind : std::uint8_t {
  proceed,       // run; a fault that is being handled is finished first
  step,          // one instruction; at a fault: finish it, then the retried instruction
  phase,         // at a fault: to its next event
  finish_fault,  // at a fault: to its return
  kill,          // end the guest; at a fault: when it has returned
  detach,        // the guest goes on without a debugger; at a fault: when it has returned
};

struct Resume {
  ResumeKind kind = ResumeKind::proceed;
  bool drop_signal = false;  // at a signal: it never happened
  bool stop_here = false;    // a breakpoint at the PC is not passed
};

/// Shows a stop to somebody and asks how to go on. While it is asked the guest stands still, and everything of it can
/// be looked at and changed.
class Face {
 public:
  [[nodiscard]] virtual Resume on_stop(const StopEvent& event) = 0;

 protected:
  ~Face() = default;
};

}  // namespace lpaemu::emu
