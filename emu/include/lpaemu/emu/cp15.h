// The system control registers of the user machine: what the kernel model's kernel would have programmed.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "lpaemu/mmu/regime.h"

namespace lpaemu::emu {

class ExceptionState;

/// CP15 without the fault registers, which ExceptionState has. Names are ARM's.
struct Cp15 {
  mmu::TranslationRegisters translation;  // TTBCR, TTBR0, TTBR1, MAIR1:MAIR0, SCTLR
  mmu::Par PAR;                           // c7: no ATS1C** was ever executed at PL1: as after reset
  mmu::VirtAddr VBAR;                     // c12, c0, 0
  std::uint32_t CONTEXTIDR = 0;           // c13, c0, 1
  std::uint32_t TPIDRURW = 0;             // c13, c0, 2
  std::uint32_t TPIDRURO = 0;             // c13, c0, 3: the thread pointer

  /// What an SMP Linux with LPAE programs: TTBCR 0xb5003500, v7_crval's SCTLR (high vectors), Linux's MAIR; TTBR1
  /// unused. [lpae-mmu 11]
  [[nodiscard]] static Cp15 linux_smp(mmu::Ttbr ttbr0);
};

/// A register by its name, for whoever shows registers.
struct NamedRegister {
  std::string_view name;
  std::uint64_t value = 0;
  unsigned bits = 32;
};

/// All registers in the order of their coprocessor numbers, the fault registers included.
[[nodiscard]] std::vector<NamedRegister> named_registers(const Cp15& cp15, const ExceptionState& exceptions);

}  // namespace lpaemu::emu
