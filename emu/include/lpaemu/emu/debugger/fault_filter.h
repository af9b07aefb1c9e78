// Which faults a catchpoint means, by the names of docs/EVENTS.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lpaemu/kernel_model/events.h"

namespace lpaemu::emu {

/// A fault that is being handled.
struct CurrentFault {
  mmu::Fault fault{};
  kernel::Verdict verdict = kernel::Verdict::none;  // as decided when it was raised
  mmu::Pte pte_before{};                            // when it was raised
  std::uint32_t fsr = 0;
};

/// "soft-dirty", "cow", "permission", "segv", "any", ...
[[nodiscard]] bool is_fault_kind(std::string_view name);
/// All of them, for help and completion.
[[nodiscard]] std::string fault_kinds();
/// Whether the fault is of that kind. Requires: is_fault_kind(kind).
[[nodiscard]] bool is_of_kind(std::string_view kind, const mmu::Fault& fault, kernel::Verdict verdict);

/// Which faults: each part that is there must match.
struct FaultFilter {
  std::string kind;  // empty: any
  std::optional<mmu::Access> access;

  /// Requires: is_fault_kind(kind), or empty.
  [[nodiscard]] bool matches(const mmu::Fault& fault, kernel::Verdict verdict) const;
};

}  // namespace lpaemu::emu
