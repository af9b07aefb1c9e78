#include "lpaemu/mmu/fault.h"

#include <array>

#include "lpaemu/mmu/assert.h"
#include "lpaemu/mmu/descriptor.h"

namespace lpaemu::mmu {
namespace {

/// STATUS of each kind; those with a level carry it in the low two bits. [armv7 B3.13.3] [lpae-mmu 7.1]
struct Row {
  FaultKind kind;
  unsigned base;
  bool has_level;
};
constexpr std::array rows{
    Row{FaultKind::translation, 0b000100, true},
    Row{FaultKind::access_flag, 0b001000, true},
    Row{FaultKind::permission, 0b001100, true},
    Row{FaultKind::external_abort, 0b010000, false},
    Row{FaultKind::external_abort_on_walk, 0b010100, true},
    Row{FaultKind::alignment, 0b100001, false},
    Row{FaultKind::debug_event, 0b100010, false},
    Row{FaultKind::tlb_conflict, 0b110000, false},
};

}  // namespace

unsigned fault_status(FaultKind kind, unsigned level) {
  for (const Row& row : rows)
    if (row.kind == kind) return row.has_level ? row.base + level : row.base;
  LPAEMU_ASSERT(false, "fault kind {}", static_cast<unsigned>(kind));
}

std::optional<FaultStatus> decode_fault_status(unsigned status) {
  for (const Row& row : rows) {
    if (!row.has_level && status == row.base) return FaultStatus{row.kind, 0};
    if (row.has_level && status >= row.base + first_level && status <= row.base + last_level)
      return FaultStatus{row.kind, status - row.base};
  }
  return std::nullopt;
}

Dfsr dfsr_of(const Fault& fault) {
  LPAEMU_ASSERT(fault.access != Access::execute, "DFSR of a fetch at {:#x}", fault.va.raw());
  Dfsr dfsr = DFSR::STATUS.with(Dfsr{}, fault_status(fault.kind, fault.level));
  dfsr = DFSR::LPAE.with(dfsr, true);
  return DFSR::WnR.with(dfsr, fault.access == Access::write);
}

Ifsr ifsr_of(const Fault& fault) {
  LPAEMU_ASSERT(fault.access == Access::execute, "IFSR of a data access at {:#x}", fault.va.raw());
  const Ifsr ifsr = IFSR::STATUS.with(Ifsr{}, fault_status(fault.kind, fault.level));
  return IFSR::LPAE.with(ifsr, true);
}

std::uint32_t fsr_word(const Fault& fault) {
  return fault.access == Access::execute ? ifsr_of(fault).raw() : dfsr_of(fault).raw();
}

}  // namespace lpaemu::mmu
