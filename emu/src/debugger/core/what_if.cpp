#include "lpaemu/emu/debugger/what_if.h"

#include <fmt/format.h>

#include <array>

#include "lpaemu/kernel_model/mm/mmap.h"
#include "lpaemu/kernel_model/mm/verify.h"
#include "lpaemu/mmu/assert.h"
#include "lpaemu/mmu/print.h"
#include "lpaemu/mmu/set_ptes.h"
#include "lpaemu/mmu/walk.h"

namespace lpaemu::emu {
namespace {

using kernel::mm_struct;
using mmu::Pte;

constexpr std::array flags{
    PteFlag{"young", mmu::pte_mkyoung, mmu::pte_mkold},
    PteFlag{"dirty", mmu::pte_mkdirty, mmu::pte_mkclean},
    PteFlag{"softdirty", mmu::pte_mksoft_dirty,
            [](Pte pte) { return mmu::pte_clear_soft_dirty(mmu::pte_wrprotect(pte)); }},
    PteFlag{"write", mmu::pte_mkwrite_novma, mmu::pte_wrprotect},
};

constexpr std::uint64_t changeable =
    mmu::L_PTE_YOUNG.mask | mmu::L_PTE_DIRTY.mask | mmu::L_PTE_SOFT_DIRTY.mask | mmu::L_PTE_RDONLY.mask;
/// set_pte_at works these out, whatever it is given.
constexpr std::uint64_t derived = mmu::PTE_AP2.mask | mmu::PTE_EXT_NG.mask;

/// What kernel::verify says with `pte` in place of the entry. Nobody is told of this store.
std::string complaint_about(mm_struct& mm, mmu::PhysAddr ptep, Pte pte) {
  const Pte old = mm.ptep_get(ptep);
  mmu::cpu_v7_set_pte_ext(mm.memory(), ptep, mmu::pte_with_ng(pte, mmu::AddressPart::user));
  std::string complaint = kernel::verify(mm);
  mmu::cpu_v7_set_pte_ext(mm.memory(), ptep, old);
  LPAEMU_ASSERT(mm.ptep_get(ptep) == old, "the PTE {:#x} is not stored as it was", old.raw());
  return complaint;
}

Error no_page(mm_struct& mm, VirtAddr va) {
  if (mm.vma_lookup(va) == nullptr) return Error{fmt::format("nothing is mapped at {}", mmu::to_string(va.page()))};
  return Error{fmt::format("there is no page at {0}; `force-fault {0} r` makes one", mmu::to_string(va.page()))};
}

}  // namespace

std::span<const PteFlag> pte_flags() { return flags; }

Expected<Pte, Error> change_pte(mm_struct& mm, VirtAddr va, Pte pte) {
  if (va >= kernel::TASK_SIZE)
    return unexpected(Error{fmt::format("{} lies in the kernel's half", mmu::to_string(va.page()))});
  const auto ptep = mm.pte_offset(va);
  if (!ptep || !mmu::pte_present(mm.ptep_get(*ptep))) return unexpected(no_page(mm, va));
  const Pte old = mm.ptep_get(*ptep);
  const Pte forbidden{(pte.raw() & ~(changeable | derived)) | (old.raw() & (changeable | derived))};
  if (forbidden != old)
    return unexpected(Error{fmt::format("only AF, DIRTY, SOFT_DIRTY and RDONLY can be set, not {}",
                                        mmu::describe_changes(old, forbidden))});
  if (!kernel::verify(mm).empty())
    return unexpected(Error{"the handler is at work on the tables; finish the fault first"});
  if (const std::string complaint = complaint_about(mm, *ptep, pte); !complaint.empty())
    return unexpected(Error{fmt::format("the kernel model could not live with that: {}", complaint)});
  mm.set_pte_at(va.page(), *ptep, pte);
  mm.flush_tlb_page(va);
  return mm.ptep_get(*ptep);
}

Expected<void, Error> change_rights(mm_struct& mm, kernel::VirtRange pages, kernel::vm_flags_t rights) {
  const auto done = kernel::do_mprotect(mm, pages.start, pages.bytes(), rights);
  if (!done) return unexpected(Error{fmt::format("mprotect says {}", kernel::errno_name(done.error()))});
  return {};
}

std::optional<mmu::Fault> fault_of_access(mm_struct& mm, VirtAddr va, mmu::Access access) {
  const auto found = mmu::walk(mm.memory(), mm.regime(), va, access, mmu::Privilege::pl0);
  return found ? std::nullopt : std::optional{found.error()};
}

}  // namespace lpaemu::emu
