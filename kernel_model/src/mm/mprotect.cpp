// [linux mm/mprotect.c]
#include "gup.h"
#include "lpaemu/kernel_model/mm/mmap.h"
#include "munmap.h"
#include "pgtable.h"
#include "vma.h"
#include "zap.h"

namespace lpaemu::kernel {
namespace {

using mmu::Pte;

constexpr std::uint32_t PROT_SEM = 8;

/// Whether raising the rights of a VMA may make this entry writable at once. [linux mm/mprotect.c] [S-71]
bool can_change_pte_writable(mm_struct& mm, const vm_area& vma, Pte pte) {
  if (mmu::pte_protnone(pte)) return false;
  if (vma.soft_dirty_enabled() && !mmu::pte_soft_dirty(pte)) return false;  // the next store has to be noticed
  if (vma.is(VM_SHARED)) return mmu::pte_dirty(pte);
  const page* page = vm_normal_page(mm, pte);
  return page != nullptr && page->anon && page->exclusive;
}

/// [linux mm/mprotect.c:change_pte_range]
void change_protection(mm_struct& mm, vm_area& vma, VirtRange range) {
  const bool try_writable = vma.is(VM_SHARED) ? vma_wants_writenotify(vma) : vma.is(VM_WRITE);
  VirtRange changed;
  for_each_pte(mm, range, [&](PteTable& table, VirtAddr va, Pte old) {
    Pte pte = mmu::pte_modify(old, vma.vm_page_prot);
    if (try_writable && !mmu::pte_write(pte) && can_change_pte_writable(mm, vma, pte))
      pte = mmu::pte_mkwrite_novma(pte);
    table.set(va, pte);
    changed = changed.hull({va, va + mmu::PAGE_SIZE});
  });
  mm.flush_tlb_range(changed);
}

/// One VMA's part. [linux mm/mprotect.c:mprotect_fixup]
Result<vm_area*> mprotect_fixup(mm_struct& mm, vm_area& vma, VirtRange range, vm_flags_t newflags) {
  const vm_flags_t oldflags = vma.vm_flags;
  if (newflags == oldflags) return &vma;
  if ((newflags & VM_WRITE) != 0) {
    if ((oldflags & (VM_ACCOUNT | VM_WRITE | VM_SHARED | VM_NORESERVE)) == 0) {
      if (!vm_enough_memory(mm, range.pages())) return unexpected(Errno::enomem);
      newflags |= VM_ACCOUNT;
    }
  } else if ((oldflags & VM_ACCOUNT) != 0 && vma.anonymous() && vma.anon_vma == 0) {
    newflags &= ~VM_ACCOUNT;
  }
  LPAEMU_TRY(changed, vma_modify_flags(mm, vma, range, newflags));
  change_protection(mm, *changed, range);
  // Private pages that are locked get their copies now. [linux mm/mprotect.c]
  if ((oldflags & (VM_WRITE | VM_SHARED | VM_LOCKED)) == VM_LOCKED && (newflags & VM_WRITE) != 0)
    static_cast<void>(mm_populate(mm, range));
  vm_stat_account(mm, oldflags, range.pages(), Account::remove);
  vm_stat_account(mm, newflags, range.pages(), Account::add);
  return changed;
}

}  // namespace

Result<void> do_mprotect(mm_struct& mm, VirtAddr start, std::uint32_t length, std::uint32_t prot) {
  const std::uint32_t grows = prot & (PROT_GROWSDOWN | PROT_GROWSUP);
  prot &= ~(PROT_GROWSDOWN | PROT_GROWSUP);
  if (grows == (PROT_GROWSDOWN | PROT_GROWSUP)) return unexpected(Errno::einval);
  if (!start.is_page_aligned()) return unexpected(Errno::einval);
  if (length == 0) return {};
  const std::uint32_t bytes = page_align(length);
  const VirtAddr end = start + bytes;
  if (end <= start) return unexpected(Errno::enomem);
  if ((prot & ~(VM_ACCESS_FLAGS | PROT_SEM)) != 0) return unexpected(Errno::einval);

  vm_area* vma = mm.find_vma(start);
  if (vma == nullptr) return unexpected(Errno::enomem);
  VirtAddr at = start;
  if (grows == PROT_GROWSDOWN) {
    if (vma->vm_start >= end) return unexpected(Errno::enomem);
    if (!vma->is(VM_GROWSDOWN)) return unexpected(Errno::einval);
    at = vma->vm_start;
  } else if (vma->vm_start > start) {
    return unexpected(Errno::enomem);
  } else if (grows == PROT_GROWSUP) {
    return unexpected(Errno::einval);  // no VM_GROWSUP on arm
  }

  while (at < end) {
    vma = mm.vma_lookup(at);
    if (vma == nullptr) return unexpected(Errno::enomem);
    const VirtRange part{at, std::min(vma->vm_end, end)};
    const vm_flags_t newflags = (prot & VM_ACCESS_FLAGS) | (vma->vm_flags & ~VM_ACCESS_FLAGS);
    if (exceeds_may_rights(newflags)) return unexpected(Errno::eacces);
    LPAEMU_TRY_VOID(mprotect_fixup(mm, *vma, part, newflags));
    at = part.end;
  }
  return {};
}

}  // namespace lpaemu::kernel
