#include "lpaemu/emu/debugger/history.h"

namespace lpaemu::emu {

std::optional<Dirtied> History::who_dirtied(kernel::VirtAddr va) const {
  const auto found = dirtied_.find(va.page());
  return found == dirtied_.end() ? std::nullopt : std::optional{found->second};
}

void History::note_returned(const kernel::Event& event, Cause cause) {
  verdict_ = kernel::Verdict::none;
  if (!raised_) return;
  faults_.push_back(PastFault{++count_, *raised_, event, cause});
  if (faults_.size() > faults_kept) faults_.pop_front();
  raised_.reset();
}

}  // namespace lpaemu::emu
