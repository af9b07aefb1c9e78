// What the machine answers while guest code runs.
#pragma once

#include "lpaemu/mmu/fault.h"

namespace lpaemu::emu {

enum class FaultAnswer : std::uint8_t {
  retry,  // the tables have changed: walk again, fill, go on without leaving the engine
  fail,   // run() returns with the PC at the instruction and nothing stored
};

enum class SvcAnswer : std::uint8_t { resume, stop };

/// Called by Engine::run() only, on its thread; never while another function of the engine is at work.
class EngineClient {
 public:
  /// A walk for the guest found a fault. `fault.va` is the page's address: the exact one comes from decoding the
  /// instruction (fault_address.h). Guest registers can be read (the PC is the instruction's), none may be written.
  /// The engine also probes: an access may never follow, so raise no signal here; fail, and act when run() returns.
  [[nodiscard]] virtual FaultAnswer on_fault(const mmu::Fault& fault) = 0;

  /// SVC; the PC is past it. Registers can be read and written; the guest goes on with what is written.
  [[nodiscard]] virtual SvcAnswer on_svc() = 0;

 protected:
  ~EngineClient() = default;
};

}  // namespace lpaemu::emu
