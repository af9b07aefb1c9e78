// Port: the CPU that runs guest code, as the kernel model sees it. The engine stands behind it, or a fake in tests.
#pragma once

#include <array>
#include <cstdint>

#include "lpaemu/mmu/address.h"
#include "lpaemu/mmu/registers.h"

namespace lpaemu::kernel {

using mmu::Asid;
using mmu::Pfn;
using mmu::PhysAddr;
using mmu::VirtAddr;

/// The integer registers of user mode. r[15] is the address of the next instruction without the Thumb bit (CPSR.T
/// holds that); at a fault it is the address of the faulting instruction.
struct UserRegisters {
  std::array<std::uint32_t, 16> r{};
  mmu::Psr cpsr;

  [[nodiscard]] VirtAddr pc() const { return VirtAddr{r[15]}; }
  [[nodiscard]] VirtAddr lr() const { return VirtAddr{r[14]}; }
  [[nodiscard]] VirtAddr sp() const { return VirtAddr{r[13]}; }
  [[nodiscard]] bool thumb() const { return mmu::PSR::T.get(cpsr); }
};

/// VFP and NEON state.
struct VfpRegisters {
  std::array<std::uint64_t, 32> d{};
  std::uint32_t fpscr = 0;
};

class Cpu {
 public:
  Cpu() = default;
  Cpu(const Cpu&) = delete;
  Cpu& operator=(const Cpu&) = delete;
  virtual ~Cpu() = default;

  [[nodiscard]] virtual UserRegisters user_registers() const = 0;
  virtual void set_user_registers(const UserRegisters& registers) = 0;
  /// r0 to r7, all that a system call needs, cheaper than the whole set.
  [[nodiscard]] virtual std::array<std::uint32_t, 8> system_call_registers() const = 0;
  /// The PC of the instruction being executed, cheaper than the whole set.
  [[nodiscard]] virtual VirtAddr pc() const = 0;
  /// The result of a system call: r0.
  virtual void set_r0(std::uint32_t value) = 0;
  [[nodiscard]] virtual VfpRegisters vfp_registers() const = 0;
  virtual void set_vfp_registers(const VfpRegisters& registers) = 0;

  /// TPIDRURO, the thread pointer that user code reads (c13, c0, 3).
  virtual void set_tls(std::uint32_t value) = 0;
  /// Loads TTBR0: base and ASID at once, as cpu_v7_switch_mm does. Clears the exclusive monitor.
  virtual void set_ttbr0(mmu::Ttbr ttbr0) = 0;

  // TLB maintenance, by its architectural names. The next access to a dropped address walks again.
  virtual void tlbimva(VirtAddr va, Asid asid) = 0;
  virtual void tlbiasid(Asid asid) = 0;
  virtual void tlbiall() = 0;

  /// The kernel model stored into this physical page, which may hold code: translations of it are stale.
  virtual void page_modified(Pfn pfn) = 0;
  /// CLREX: a STREX after this fails.
  virtual void clear_exclusive_monitor() = 0;
};

}  // namespace lpaemu::kernel
