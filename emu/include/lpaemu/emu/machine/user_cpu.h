// The kernel model's Cpu port on top of the engine.
#pragma once

#include <array>

#include "lpaemu/emu/cp15.h"
#include "lpaemu/emu/engine/engine.h"
#include "lpaemu/kernel_model/cpu.h"

namespace lpaemu::emu {

using mmu::VirtAddr;

class UserCpu final : public kernel::Cpu {
 public:
  UserCpu(Engine& engine, Cp15& cp15) : engine_{engine}, cp15_{cp15} {}

  [[nodiscard]] kernel::UserRegisters user_registers() const override { return engine_.user_registers(); }
  void set_user_registers(const kernel::UserRegisters& registers) override { engine_.set_user_registers(registers); }
  [[nodiscard]] std::array<std::uint32_t, 8> system_call_registers() const override {
    return engine_.system_call_registers();
  }
  [[nodiscard]] VirtAddr pc() const override { return engine_.pc(); }
  void set_r0(std::uint32_t value) override { engine_.set_r0(value); }
  [[nodiscard]] kernel::VfpRegisters vfp_registers() const override { return engine_.vfp_registers(); }
  void set_vfp_registers(const kernel::VfpRegisters& registers) override { engine_.set_vfp_registers(registers); }
  void set_tls(std::uint32_t value) override;
  void set_ttbr0(mmu::Ttbr ttbr0) override;

  /// The engine's soft TLB has no ASIDs: it holds the current one's entries only.
  void tlbimva(VirtAddr va, kernel::Asid) override { engine_.tlbimva(va); }
  void tlbiasid(kernel::Asid) override { engine_.flush_tlb(); }
  void tlbiall() override { engine_.flush_tlb(); }
  void page_modified(kernel::Pfn pfn) override { engine_.page_modified(pfn); }
  void clear_exclusive_monitor() override { engine_.clear_exclusive_monitor(); }

 private:
  Engine& engine_;
  Cp15& cp15_;
};

}  // namespace lpaemu::emu
