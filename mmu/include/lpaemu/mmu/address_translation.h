// The address translation operations ATS1C**: what PAR holds after one. [armv7 B3.14] [lpae-mmu 8]
#pragma once

#include <cstdint>

#include "lpaemu/mmu/expected.h"
#include "lpaemu/mmu/fault.h"
#include "lpaemu/mmu/physical_memory.h"
#include "lpaemu/mmu/regime.h"

namespace lpaemu::mmu {

/// MCR p15, 0, Rt, c7, c8, 0 to 3: a stage 1 translation checked as a PL1 or PL0 (U) read or write.
enum class AddressTranslation : std::uint8_t { ATS1CPR, ATS1CPW, ATS1CUR, ATS1CUW };

/// PAR after the operation on `va`: fields of PAR, or of PAR_FAULT for a fault that PAR reports. PAR.NS is what a
/// Secure look-up gives; in Non-secure state it has no meaning. SH of Strongly-ordered and Device memory is outer
/// shareable. [lpae-mmu M-26, M-46 to M-48] Errors: an external abort on the walk, which is taken as a data abort.
/// [lpae-mmu M-49]
[[nodiscard]] Expected<Par, Fault> translate_address(const PhysicalMemory& memory, const Regime& regime, VirtAddr va,
                                                     AddressTranslation operation);

/// The word that the abort of such an operation leaves in DFSR: CM and WnR set, whatever it checked. [lpae-mmu M-36]
[[nodiscard]] Dfsr dfsr_of_operation(const Fault& fault);

}  // namespace lpaemu::mmu
