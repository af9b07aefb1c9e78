// What happened so far: the last faults, and for each page which store made it soft-dirty.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>

#include "lpaemu/kernel_model/events.h"

namespace lpaemu::emu {

/// Whose doing an event is.
enum class Cause : std::uint8_t { guest, debugger };

/// A fault that has returned.
struct PastFault {
  std::uint64_t number = 0;  // from 1
  kernel::Event raised;
  kernel::Event returned;
  Cause cause = Cause::guest;
};

/// Who made a page soft-dirty: the event in which its bit went from 0 to 1.
struct Dirtied {
  kernel::Event event;
  std::uint32_t lr = 0;
  kernel::Verdict verdict = kernel::Verdict::none;  // of the fault; none: no fault did it
  Cause cause = Cause::guest;
};

class History {
 public:
  static constexpr std::size_t faults_kept = 1000;

  /// `lr` is asked for only where it is kept.
  template <class Lr>
  void note(const kernel::Event& event, Cause cause, Lr lr) {
    using kernel::EventKind;
    switch (event.kind) {
      case EventKind::FaultRaised: raised_ = event; break;
      case EventKind::Decided: verdict_ = event.verdict; break;
      case EventKind::Returned: note_returned(event, cause); break;
      case EventKind::PteWritten:
        if (turns_soft_dirty(event))
          dirtied_[event.address.page()] = Dirtied{event, lr(), verdict_, cause};
        else if (!mmu::pte_soft_dirty(mmu::Pte{event.value_after}))
          dirtied_.erase(event.address.page());
        break;
      case EventKind::SoftDirtyCleared: dirtied_.clear(); break;
      default: break;
    }
  }

  [[nodiscard]] const std::deque<PastFault>& faults() const { return faults_; }
  [[nodiscard]] std::optional<Dirtied> who_dirtied(kernel::VirtAddr va) const;

 private:
  [[nodiscard]] static bool turns_soft_dirty(const kernel::Event& event) {
    return mmu::pte_soft_dirty(mmu::Pte{event.value_after}) && !mmu::pte_soft_dirty(mmu::Pte{event.value_before});
  }
  void note_returned(const kernel::Event& event, Cause cause);

  std::deque<PastFault> faults_;
  std::uint64_t count_ = 0;
  std::optional<kernel::Event> raised_;
  kernel::Verdict verdict_ = kernel::Verdict::none;
  std::map<kernel::VirtAddr, Dirtied> dirtied_;
};

}  // namespace lpaemu::emu
