#include "lpaemu/mmu/address_translation.h"

#include "lpaemu/mmu/walk.h"

namespace lpaemu::mmu {
namespace {

constexpr Privilege privilege_of(AddressTranslation operation) {
  const bool pl0 = operation == AddressTranslation::ATS1CUR || operation == AddressTranslation::ATS1CUW;
  return pl0 ? Privilege::pl0 : Privilege::pl1;
}

constexpr Access access_of(AddressTranslation operation) {
  const bool write = operation == AddressTranslation::ATS1CPW || operation == AddressTranslation::ATS1CUW;
  return write ? Access::write : Access::read;
}

/// The NS of a Secure look-up: the leaf's, or forced by a table above it. [lpae-mmu 4.3, M-21]
class OutputSecurity final : public WalkObserver {
 public:
  void on_step(const WalkStep& step) override {
    non_secure_ |= step.kind == Kind::table ? table::NSTable.get(step.descriptor) : leaf::NS.get(step.descriptor);
  }
  [[nodiscard]] bool non_secure() const { return non_secure_; }

 private:
  bool non_secure_ = false;
};

/// What the walk found, as attributes of memory: those of Strongly-ordered memory while the MMU is off. [armv7 B3.2]
Par par_of(const Translation& found, const Regime& regime, bool non_secure) {
  const MemoryType type = regime.memory_type_of(found.leaf);
  const bool ordered = type == MemoryType::strongly_ordered || type == MemoryType::device;
  const MairByte attributes =
      regime.mmu_enabled() ? mair_byte(regime.registers().mair, leaf::AttrIndx.get(found.leaf)) : MairByte{};

  Par par = PAR::ATTR.with(Par{}, attributes);
  par = PAR::PA.with(par, found.pa.pfn());
  par = PAR::LPAE.with(par, true);
  par = PAR::NS.with(par, non_secure);
  return PAR::SH.with(par, ordered ? Sh::outer_shareable : leaf::SH.get(found.leaf));
}

Par par_of(const Fault& fault) {
  Par par = PAR_FAULT::FST.with(Par{}, fault_status(fault.kind, fault.level));
  par = PAR_FAULT::LPAE.with(par, true);
  return PAR_FAULT::F.with(par, true);
}

}  // namespace

Expected<Par, Fault> translate_address(const PhysicalMemory& memory, const Regime& regime, VirtAddr va,
                                       AddressTranslation operation) {
  OutputSecurity output;
  const auto found = walk(memory, regime, va, access_of(operation), privilege_of(operation), &output);
  if (found) return par_of(*found, regime, output.non_secure());
  if (found.error().kind == FaultKind::external_abort_on_walk) return unexpected(Fault{found.error()});
  return par_of(found.error());
}

Dfsr dfsr_of_operation(const Fault& fault) { return DFSR::CM.with(DFSR::WnR.with(dfsr_of(fault), true), true); }

}  // namespace lpaemu::mmu
