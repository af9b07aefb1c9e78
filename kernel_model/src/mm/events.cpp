#include "lpaemu/kernel_model/events.h"

namespace lpaemu::kernel {

void Events::deliver(Event& event) {
  event.sequence = next_sequence_++;
  if (stamp_ != nullptr) stamp_->stamp(event);
  for (Observer* observer : observers_) observer->on_event(event);
  if (stepping_ && stopper_ != nullptr) stopper_->at_phase(event);
}

}  // namespace lpaemu::kernel
