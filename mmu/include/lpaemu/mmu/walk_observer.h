// The steps of a walk as data, for traces and `lpaemu walk`.
#pragma once

#include "lpaemu/mmu/descriptor.h"

namespace lpaemu::mmu {

/// One descriptor read by a walk.
struct WalkStep {
  VirtAddr va;
  unsigned level;
  PhysAddr table;
  unsigned index;
  PhysAddr entry;  // address of the descriptor
  Descriptor descriptor;
  Kind kind;
};

class WalkObserver {
 public:
  virtual void on_step(const WalkStep& step) = 0;

 protected:
  ~WalkObserver() = default;
};

}  // namespace lpaemu::mmu
