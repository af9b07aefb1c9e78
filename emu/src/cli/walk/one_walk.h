// One address walked for one access, with all that was seen on the way.
#pragma once

#include <vector>

#include "lpaemu/mmu/remedy.h"
#include "lpaemu/mmu/walk.h"

namespace lpaemu::emu {

struct OneWalk {
  mmu::VirtAddr va;
  mmu::Access access;
  mmu::Privilege privilege;
  std::vector<mmu::WalkStep> steps;
  Expected<mmu::Translation, mmu::Fault> end;
  std::vector<mmu::Remedy> remedies;  // of a fault
};

[[nodiscard]] OneWalk walk_one(const mmu::PhysicalMemory& memory, const mmu::Regime& regime, mmu::VirtAddr va,
                               mmu::Access access, mmu::Privilege privilege);

}  // namespace lpaemu::emu
