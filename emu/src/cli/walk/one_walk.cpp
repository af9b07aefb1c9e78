#include "one_walk.h"

#include <utility>

namespace lpaemu::emu {
namespace {

struct Recorder final : mmu::WalkObserver {
  std::vector<mmu::WalkStep> steps;
  void on_step(const mmu::WalkStep& step) override { steps.push_back(step); }
};

}  // namespace

OneWalk walk_one(const mmu::PhysicalMemory& memory, const mmu::Regime& regime, mmu::VirtAddr va, mmu::Access access,
                 mmu::Privilege privilege) {
  Recorder recorder;
  const auto end = mmu::walk(memory, regime, va, access, privilege, &recorder);
  auto remedies = mmu::remedies_for(memory, regime, va, access, privilege);
  return {va, access, privilege, std::move(recorder.steps), end, std::move(remedies)};
}

}  // namespace lpaemu::emu
