#include "lpaemu/emu/cp15.h"

#include "lpaemu/emu/exceptions.h"
#include "lpaemu/kernel_model/mm/mm_struct.h"

namespace lpaemu::emu {
namespace {

constexpr unsigned word_bits = 32;

}  // namespace

Cp15 Cp15::linux_smp(mmu::Ttbr ttbr0) {
  Cp15 cp15;
  cp15.translation = kernel::user_machine_registers(ttbr0);
  return cp15;
}

std::vector<NamedRegister> named_registers(const Cp15& cp15, const ExceptionState& exceptions) {
  const mmu::TranslationRegisters& t = cp15.translation;
  const std::uint64_t mair = t.mair.raw();
  return {
      {"SCTLR", t.sctlr.raw()},          {"TTBR0", t.ttbr0.raw(), 64},      {"TTBR1", t.ttbr1.raw(), 64},
      {"TTBCR", t.ttbcr.raw()},          {"DFSR", exceptions.DFSR().raw()}, {"IFSR", exceptions.IFSR().raw()},
      {"DFAR", exceptions.DFAR().raw()}, {"IFAR", exceptions.IFAR().raw()}, {"PAR", cp15.PAR.raw(), 64},
      {"MAIR0", mair & 0xffffffff},      {"MAIR1", mair >> word_bits},      {"VBAR", cp15.VBAR.raw()},
      {"CONTEXTIDR", cp15.CONTEXTIDR},   {"TPIDRURW", cp15.TPIDRURW},       {"TPIDRURO", cp15.TPIDRURO},
  };
}

}  // namespace lpaemu::emu
