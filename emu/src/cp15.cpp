#include "lpaemu/emu/cp15.h"

#include "lpaemu/emu/exceptions.h"
#include "lpaemu/mmu/proc_v7_3level.h"

namespace lpaemu::emu {
namespace {

/// SCTLR of a Cortex-A15 out of reset, little-endian, low vectors. [a15 4.3.27]
constexpr mmu::Sctlr reset_sctlr{0x00c50078};

constexpr unsigned word_bits = 32;

}  // namespace

Cp15 Cp15::linux_smp(mmu::Ttbr ttbr0) {
  Cp15 cp15;
  // TTBR1 is not used, so T1SZ is 0: what the 1G split gives at any RAM base.
  cp15.translation.ttbcr = mmu::v7_ttb_setup(mmu::VmSplit::split_1g, mmu::PhysAddr{}).ttbcr;
  cp15.translation.ttbr0 = ttbr0;
  cp15.translation.mair = mmu::linux_mair();
  cp15.translation.sctlr = mmu::apply_crval(reset_sctlr);
  return cp15;
}

std::vector<NamedRegister> named_registers(const Cp15& cp15, const ExceptionState& exceptions) {
  const mmu::TranslationRegisters& t = cp15.translation;
  const std::uint64_t mair = t.mair.raw();
  return {
      {"SCTLR", t.sctlr.raw()},          {"TTBR0", t.ttbr0.raw(), 64},      {"TTBR1", t.ttbr1.raw(), 64},
      {"TTBCR", t.ttbcr.raw()},          {"DFSR", exceptions.DFSR().raw()}, {"IFSR", exceptions.IFSR().raw()},
      {"DFAR", exceptions.DFAR().raw()}, {"IFAR", exceptions.IFAR().raw()}, {"MAIR0", mair & 0xffffffff},
      {"MAIR1", mair >> word_bits},      {"VBAR", cp15.VBAR.raw()},         {"CONTEXTIDR", cp15.CONTEXTIDR},
      {"TPIDRURW", cp15.TPIDRURW},       {"TPIDRURO", cp15.TPIDRURO},
  };
}

}  // namespace lpaemu::emu
