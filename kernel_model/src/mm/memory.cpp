#include "memory.h"

#include <cstring>

#include "lpaemu/kernel_model/mm/page_cache.h"
#include "lpaemu/mmu/print.h"
#include "vma.h"
#include "zap.h"

namespace lpaemu::kernel {
namespace {

using mmu::Access;
using mmu::Pte;

/// RDONLY goes only where the VMA may be written. [linux include/linux/mm.h:maybe_mkwrite] [P-24]
Pte maybe_mkwrite(Pte pte, const vm_area& vma) { return vma.is(VM_WRITE) ? mmu::pte_mkwrite_novma(pte) : pte; }

Pte mk_pte(Pfn pfn, const vm_area& vma) { return mmu::pfn_pte(pfn, vma.vm_page_prot); }

/// Soft-dirty goes from 0 to 1, or was 1 already.
Verdict write_verdict(Pte pte) { return mmu::pte_soft_dirty(pte) ? Verdict::make_writable : Verdict::soft_dirty; }

/// A private anonymous page that nobody else uses. [linux mm/memory.c:wp_can_reuse_anon_folio]
bool may_reuse(mm_struct& mm, Pte pte) {
  const page* page = vm_normal_page(mm, pte);
  return page != nullptr && page->anon && (page->exclusive || page->refcount == 1);
}

bool is_shared(const vm_area& vma) { return vma.is_any(VM_SHARED | VM_MAYSHARE); }

Verdict missing_verdict(const vm_area& vma, VirtAddr va, bool write) {  // [linux mm/memory.c:do_pte_missing]
  if (vma.anonymous()) return write ? Verdict::first_touch : Verdict::zero_page;
  const std::uint64_t pages = (vma.mapping->size() + mmu::PAGE_SIZE - 1) / mmu::PAGE_SIZE;
  if (vma.linear_page_index(va) >= pages) return Verdict::bus_adrerr;  // [linux mm/filemap.c:filemap_fault]
  return write && !vma.is(VM_SHARED) ? Verdict::file_cow : Verdict::file_page;
}

/// Stores the entry if it differs, and drops the old one from the TLB. [linux mm/pgtable-generic.c] [P-52]
void ptep_set_access_flags(vm_fault& vmf, Pte entry) {
  if (mmu::pte_same(vmf.orig_pte, entry)) return;
  vmf.mm.set_pte_at(vmf.address, *vmf.ptep, entry);
  vmf.mm.flush_tlb_page(vmf.address);
}

/// The same page becomes writable. [linux mm/memory.c:wp_page_reuse]
void wp_page_reuse(vm_fault& vmf) {
  ptep_set_access_flags(vmf, maybe_mkwrite(mmu::pte_mkdirty(mmu::pte_mkyoung(vmf.orig_pte)), vmf.vma));
}

/// Marks a shared page of a file as changed. [linux mm/memory.c:fault_dirty_shared_page]
void set_page_dirty(vm_fault& vmf, Pfn pfn) { vmf.mm.context().pages.page_of(pfn).dirty = true; }

/// A debugger stopped at an event may have touched the page: its faults were handled while ours waited.
/// [linux mm/memory.c, the pte_same checks]
bool changed_meanwhile(const vm_fault& vmf, Pte expected) {
  return vmf.mm.context().events.stepping() && vmf.mm.ptep_get(*vmf.ptep) != expected;
}

/// A new anonymous page takes the place of `old`, which may be the zero page or a file's.
/// [linux mm/memory.c:wp_page_copy]
Verdict wp_page_copy(vm_fault& vmf) {
  PageAllocator& pages = vmf.mm.context().pages;
  const Pfn old_pfn = mmu::pte_pfn(vmf.orig_pte);
  page* old_page = vm_normal_page(vmf.mm, vmf.orig_pte);
  const auto copy = old_page == nullptr ? pages.alloc_zeroed() : pages.alloc();
  if (!copy) return Verdict::oom;
  if (old_page != nullptr) {
    std::memcpy(pages.bytes(*copy).data(), pages.bytes(old_pfn).data(), mmu::PAGE_SIZE);
    pages.stored_into(*copy);
  }
  anon_vma_prepare(vmf.mm, vmf.vma);

  // The old entry goes first, out of the TLB too: no CPU may see both pages. [linux mm/memory.c: ptep_clear_flush]
  vmf.mm.pte_clear(vmf.address, *vmf.ptep);
  vmf.mm.flush_tlb_page(vmf.address);
  if (old_page != nullptr) {
    --rss_counter(vmf.mm, vmf.vma, *old_page);
    --old_page->mapcount;
    pages.put(old_pfn);
  }
  if (changed_meanwhile(vmf, Pte{})) {
    pages.put(*copy);
    return Verdict::spurious;
  }
  page& page = pages.page_of(*copy);
  page.anon = page.exclusive = true;
  page.mapcount = 1;
  ++vmf.mm.rss.anon;
  vmf.mm.set_pte_at(vmf.address, *vmf.ptep,
                    maybe_mkwrite(mmu::pte_mkdirty(mmu::pte_mkyoung(mk_pte(*copy, vmf.vma))), vmf.vma));
  return Verdict::cow;
}

/// A write to a present page without pte_write. [linux mm/memory.c:do_wp_page]
Verdict do_wp_page(vm_fault& vmf) {
  const Verdict verdict = write_verdict(vmf.orig_pte);
  if (is_shared(vmf.vma)) {
    set_page_dirty(vmf, mmu::pte_pfn(vmf.orig_pte));
    wp_page_reuse(vmf);
    return verdict;
  }
  if (!may_reuse(vmf.mm, vmf.orig_pte)) return wp_page_copy(vmf);
  vmf.mm.context().pages.page_of(mmu::pte_pfn(vmf.orig_pte)).exclusive = true;
  wp_page_reuse(vmf);
  return verdict;
}

/// [linux mm/memory.c:do_anonymous_page]
Verdict do_anonymous_page(vm_fault& vmf, Verdict verdict) {
  PageAllocator& pages = vmf.mm.context().pages;
  if (verdict == Verdict::zero_page) {
    vmf.mm.set_pte_at(vmf.address, *vmf.ptep, mmu::pte_mkspecial(mk_pte(pages.zero_page(), vmf.vma)));
    return verdict;
  }
  const auto pfn = pages.alloc_zeroed();
  if (!pfn) return Verdict::oom;
  anon_vma_prepare(vmf.mm, vmf.vma);
  page& page = pages.page_of(*pfn);
  page.anon = page.exclusive = true;
  page.mapcount = 1;
  ++vmf.mm.rss.anon;
  vmf.mm.set_pte_at(vmf.address, *vmf.ptep, maybe_mkwrite(mmu::pte_mkdirty(mk_pte(*pfn, vmf.vma)), vmf.vma));
  return verdict;
}

/// A page of the page cache, or a private copy of it. [linux mm/memory.c:do_fault, set_pte_range]
/// Pretend: no fault-around; Linux maps up to 16 cached neighbours on a read.
Verdict do_fault(vm_fault& vmf, Verdict verdict) {
  PageAllocator& pages = vmf.mm.context().pages;
  page_cache& mapping = *vmf.vma.mapping;
  const std::uint64_t pgoff = vmf.vma.linear_page_index(vmf.address);
  vmf.major = !mapping.is_shmem() && !mapping.find_page(pgoff);
  const auto cached = mapping.get_page(pgoff);
  if (!cached) return cached.error() == Errno::enomem ? Verdict::oom : Verdict::bus_adrerr;

  if (verdict == Verdict::file_cow) {  // do_cow_fault
    const auto copy = pages.alloc();
    if (!copy) return Verdict::oom;
    std::memcpy(pages.bytes(*copy).data(), pages.bytes(*cached).data(), mmu::PAGE_SIZE);
    pages.stored_into(*copy);
    anon_vma_prepare(vmf.mm, vmf.vma);
    page& page = pages.page_of(*copy);
    page.anon = page.exclusive = true;
    page.mapcount = 1;
    ++vmf.mm.rss.anon;
    vmf.mm.set_pte_at(vmf.address, *vmf.ptep, maybe_mkwrite(mmu::pte_mkdirty(mk_pte(*copy, vmf.vma)), vmf.vma));
    return verdict;
  }

  Pte entry = mk_pte(*cached, vmf.vma);
  if (vmf.access == Access::write) {  // do_shared_fault
    entry = maybe_mkwrite(mmu::pte_mkdirty(entry), vmf.vma);
    set_page_dirty(vmf, *cached);
  }
  page& page = pages.page_of(*cached);
  pages.get(*cached);
  ++page.mapcount;
  ++rss_counter(vmf.mm, vmf.vma, page);
  vmf.mm.set_pte_at(vmf.address, *vmf.ptep, entry);
  return verdict;
}

/// Nothing to change: either somebody fixed the entry already and a stale translation faulted, or this is a bug.
void final_audit(vm_fault& vmf) {
  const mmu::Permissions granted = permissions_of(as_descriptor(vmf.orig_pte), {}, vmf.mm.regime());
  const bool allowed =
      mmu::pte_valid(vmf.orig_pte) && mmu::pte_young(vmf.orig_pte) && granted.allows(vmf.access, mmu::Privilege::pl0);
  LPAEMU_ASSERT(allowed, "{} fault at {}: PTE {} in the VMA {:#x}..{:#x} flags {:#x}", to_string(vmf.access),
                mmu::to_string(vmf.address), describe(vmf.orig_pte), vmf.vma.vm_start.raw(), vmf.vma.vm_end.raw(),
                vmf.vma.vm_flags);
}

Verdict carry_out(vm_fault& vmf, Verdict verdict) {
  switch (verdict) {
    case Verdict::first_touch:
    case Verdict::zero_page: return do_anonymous_page(vmf, verdict);
    case Verdict::file_page:
    case Verdict::file_cow: return do_fault(vmf, verdict);
    case Verdict::cow: return wp_page_copy(vmf);
    case Verdict::soft_dirty:
    case Verdict::make_writable:
      if (!mmu::pte_write(vmf.orig_pte)) return do_wp_page(vmf);
      ptep_set_access_flags(vmf, mmu::pte_mkyoung(mmu::pte_mkdirty(vmf.orig_pte)));  // writable but clean [P-28]
      if (is_shared(vmf.vma)) set_page_dirty(vmf, mmu::pte_pfn(vmf.orig_pte));
      return verdict;
    case Verdict::access_flag: ptep_set_access_flags(vmf, mmu::pte_mkyoung(vmf.orig_pte)); return verdict;
    case Verdict::spurious:
      final_audit(vmf);
      if (vmf.access == Access::write) vmf.mm.flush_tlb_page(vmf.address);  // flush_tlb_fix_spurious_fault
      return verdict;
    default: break;
  }
  LPAEMU_ASSERT(false, "verdict {} for the PTE {} at {}", static_cast<unsigned>(verdict), describe(vmf.orig_pte),
                mmu::to_string(vmf.address));
}

}  // namespace

Verdict pte_fault_verdict(mm_struct& mm, const vm_area& vma, VirtAddr va, Access access, Pte pte) {
  const bool write = access == Access::write;
  if (mmu::pte_none(pte)) return missing_verdict(vma, va, write);
  if (!mmu::pte_present(pte)) return Verdict::swap_in;
  if (write && !mmu::pte_write(pte)) {
    return is_shared(vma) || may_reuse(mm, pte) ? write_verdict(pte) : Verdict::cow;
  }
  if (write && !(mmu::pte_dirty(pte) && mmu::pte_soft_dirty(pte))) return write_verdict(pte);
  if (!mmu::pte_young(pte)) return Verdict::access_flag;
  return Verdict::spurious;
}

Verdict handle_mm_fault(vm_fault& vmf, Verdict verdict) {
  if (is_fatal(verdict)) return verdict;
  if (!vmf.ptep) {
    const auto ptep = vmf.mm.pte_alloc(vmf.address);
    if (!ptep) return Verdict::oom;
    vmf.ptep = *ptep;
  }
  if (changed_meanwhile(vmf, vmf.orig_pte)) return Verdict::spurious;
  const Verdict result = carry_out(vmf, verdict);
  if (!is_fatal(result)) ++(vmf.major ? vmf.mm.maj_flt : vmf.mm.min_flt);
  return result;
}

}  // namespace lpaemu::kernel
