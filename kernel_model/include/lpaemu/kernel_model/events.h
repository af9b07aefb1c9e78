// What happens in the kernel model, as data. Fault lines, statistics and tests listen here.
// docs/EVENTS.md describes each event.
#pragma once

#include <cstdint>
#include <vector>

#include "lpaemu/kernel_model/cpu.h"
#include "lpaemu/mmu/fault.h"
#include "lpaemu/mmu/linux_pte.h"

namespace lpaemu::kernel {

struct vm_area;
struct siginfo;

enum class EventKind : std::uint8_t {
  FaultRaised,       // address, access, level, value_after = FSR word
  VmaFound,          // vma (null: none covers the address)
  Decided,           // verdict, vma, value_before = the PTE that it was decided on
  PteWritten,        // address, level 3, value_before -> value_after, as stored
  TableWritten,      // address, level 1 or 2, value_before -> value_after
  TlbInvalidated,    // scope; address for one page
  Returned,          // verdict, value_before -> value_after = the PTE; the fault is done
  SyscallEntered,    // value_after = number
  SyscallReturned,   // value_before = number, value_after = r0
  SignalRaised,      // value_after = signal number, address = si_addr
  SoftDirtyCleared,  // clear_refs "4" has run
  Exited,            // value_after = wait status
};

/// What the fault handler will do, or did.
enum class Verdict : std::uint8_t {
  none,
  first_touch,    // a new page for a write, or for a read that cannot use the zero page
  zero_page,      // a read of untouched anonymous memory
  file_page,      // a page of the page cache, mapped
  file_cow,       // a private copy of a page of the page cache
  soft_dirty,     // a present page whose soft-dirty bit goes 0 to 1, by reuse or because it was writable and clean
  make_writable,  // the same two ways, where soft-dirty was 1 already
  cow,            // copied to a new page
  access_flag,    // only marked young
  swap_in,        // an entry that is neither none nor present: Linux's swap entries, not there yet
  spurious,       // nothing to change
  segv_maperr,    // SIGSEGV, no mapping
  segv_accerr,    // SIGSEGV, no right
  bus_adrerr,     // SIGBUS beyond the end of a file
  bus_adraln,     // SIGBUS, alignment
  bus_other,      // SIGBUS, external abort and the like
  trap_debug,     // SIGTRAP, of a debug event that comes as an abort; BKPT has Kernel::breakpoint
  oom,            // no page to be had: the task is killed
};

/// Whether the verdict ends in a signal rather than in a retried instruction.
[[nodiscard]] constexpr bool is_fatal(Verdict verdict) { return verdict >= Verdict::segv_maperr; }

enum class TlbScope : std::uint8_t { none, page, asid };

/// Who caused the event: user code at `pc`, or the kernel in system call `syscall` (entered from `pc`).
struct Origin {
  bool kernel = false;
  std::uint32_t syscall = 0;
  VirtAddr pc;
};

/// One thing that happened. EventKind says which fields count.
struct Event {
  EventKind kind{};
  std::uint64_t sequence = 0;
  std::uint64_t time_ns = 0;
  std::int32_t pid = 0;
  std::int32_t tid = 0;
  Origin origin{};
  VirtAddr address{};
  mmu::Access access = mmu::Access::read;
  unsigned level = 0;
  Verdict verdict = Verdict::none;
  TlbScope scope = TlbScope::none;
  std::uint64_t value_before = 0;
  std::uint64_t value_after = 0;
  const vm_area* vma = nullptr;  // valid during the call only
};

/// Gets every event, in the hook or the outer loop. Changes nothing.
class Observer {
 public:
  virtual void on_event(const Event& event) = 0;

 protected:
  ~Observer() = default;
};

/// May stop the guest, as a debugger does. Asked before the kernel model has done anything; its callbacks come from the
/// outer loop only and may block. What it changes meanwhile (registers, memory, tables) is looked at again.
class Stopper {
 public:
  /// Whether this fault is to be stepped. Changes nothing; may be asked twice, in the hook and in the outer loop.
  /// A fault of the kernel model's own, in a system call, is only asked about where wants_syscall() was true.
  [[nodiscard]] virtual bool wants(const mmu::Fault& fault, Verdict verdict) = 0;
  /// Called for each event of a wanted fault.
  virtual void at_phase(const Event& event) = 0;
  /// Whether this system call is to run in the outer loop.
  [[nodiscard]] virtual bool wants_syscall([[maybe_unused]] std::uint32_t number) { return false; }
  /// A signal takes effect now. False: it is dropped.
  [[nodiscard]] virtual bool at_signal([[maybe_unused]] const siginfo& info) { return true; }

 protected:
  ~Stopper() = default;
};

/// Hands events to whoever listens. Costs one test when nobody does.
class Events {
 public:
  /// Fills in sequence, time, pid, tid and origin.
  class Stamp {
   public:
    virtual void stamp(Event& event) = 0;

   protected:
    ~Stamp() = default;
  };

  /// Null, as for set_stopper: nobody. What is set or added must live until it is replaced or removed.
  void set_stamp(Stamp* stamp) { stamp_ = stamp; }
  void add(Observer& observer) { observers_.push_back(&observer); }
  void remove(Observer& observer) { std::erase(observers_, &observer); }
  void set_stopper(Stopper* stopper) { stopper_ = stopper; }
  [[nodiscard]] Stopper* stopper() const { return stopper_; }
  /// Whether somebody listens: events need not be made otherwise.
  [[nodiscard]] bool active() const { return !observers_.empty() || stopper_ != nullptr; }

  /// While a stopper's fault is being stepped, events go to it too.
  void set_stepping(bool stepping) { stepping_ = stepping; }
  [[nodiscard]] bool stepping() const { return stepping_; }

  /// Stamps the event and hands it out.
  void emit(Event event) {
    if (active()) [[unlikely]]
      deliver(event);
  }

 private:
  void deliver(Event& event);

  std::vector<Observer*> observers_;
  Stopper* stopper_ = nullptr;
  Stamp* stamp_ = nullptr;
  std::uint64_t next_sequence_ = 0;
  bool stepping_ = false;
};

}  // namespace lpaemu::kernel
