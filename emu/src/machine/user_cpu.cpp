#include "lpaemu/emu/machine/user_cpu.h"

namespace lpaemu::emu {

void UserCpu::set_tls(std::uint32_t value) {
  cp15_.TPIDRURO = value;
  engine_.set_tls(value);
}

void UserCpu::set_ttbr0(mmu::Ttbr ttbr0) {
  cp15_.translation.ttbr0 = ttbr0;
  engine_.set_regime(mmu::Regime{cp15_.translation});
  engine_.clear_exclusive_monitor();
}

}  // namespace lpaemu::emu
