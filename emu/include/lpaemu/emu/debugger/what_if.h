// What if: page-table entries and mappings that are changed by hand, as far as the kernel model can live with it.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "lpaemu/emu/error.h"
#include "lpaemu/kernel_model/mm/mm_struct.h"

namespace lpaemu::emu {

using kernel::VirtAddr;

/// A bit of an entry under the name that people type, and what Linux does to set and to clear it.
struct PteFlag {
  std::string_view name;
  mmu::Pte (*set)(mmu::Pte);
  mmu::Pte (*clear)(mmu::Pte);
};
/// young, dirty, softdirty, write. Clearing softdirty takes the right to write as well, as clear_refs does: else the
/// next store would not be seen.
[[nodiscard]] std::span<const PteFlag> pte_flags();

/// Stores `pte` as the entry of the page of `va` and drops the old one from the TLB. Answers what is stored: AP[2] and
/// nG are worked out, as always. Errors: there is no page; bits that are not for a debugger to change (whatever names
/// the page or its mapping); what kernel::verify would not accept, in its words. Nothing was changed then.
[[nodiscard]] Expected<mmu::Pte, Error> change_pte(kernel::mm_struct& mm, VirtAddr va, mmu::Pte pte);

/// What mprotect(2) does. Requires: whole pages, no fault handler at work on the mapping.
[[nodiscard]] Expected<void, Error> change_rights(kernel::mm_struct& mm, kernel::VirtRange pages,
                                                  kernel::vm_flags_t rights);

/// The fault that an access of user code would cause; nothing: the tables grant it.
[[nodiscard]] std::optional<mmu::Fault> fault_of_access(kernel::mm_struct& mm, VirtAddr va, mmu::Access access);

}  // namespace lpaemu::emu
