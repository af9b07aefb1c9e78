// [linux mm/mremap.c]
#include "gup.h"
#include "lpaemu/kernel_model/mm/mmap.h"
#include "munmap.h"
#include "pgtable.h"
#include "unmapped_area.h"
#include "vma.h"

namespace lpaemu::kernel {
namespace {

using mmu::Pte;

/// One call, its lengths page-aligned.
struct Remap {
  VirtAddr addr;
  std::uint32_t old_len;
  std::uint32_t new_len;
  std::uint32_t flags;
  VirtAddr new_addr;

  [[nodiscard]] bool has(std::uint32_t flag) const { return (flags & flag) != 0; }
};

/// The VMA, if it may become `new_len` bytes long from `addr` on. [linux mm/mremap.c:vma_to_resize]
Result<vm_area*> vma_to_resize(mm_struct& mm, const Remap& call) {
  vm_area* vma = mm.vma_lookup(call.addr);
  if (vma == nullptr) return unexpected(Errno::efault);
  // Length 0 duplicates a shared mapping, which makes no sense for a private one.
  if (call.old_len == 0 && !vma->is_any(VM_SHARED | VM_MAYSHARE)) return unexpected(Errno::einval);
  if (call.has(MREMAP_DONTUNMAP) && vma->is_any(VM_DONTEXPAND | VM_PFNMAP)) return unexpected(Errno::einval);
  if (call.old_len > vma->vm_end - call.addr) return unexpected(Errno::efault);
  if (call.new_len == call.old_len) return vma;
  if (vma->is_any(VM_DONTEXPAND | VM_PFNMAP)) return unexpected(Errno::efault);
  return vma;
}

/// Moves what is mapped, entry by entry. A moved page is soft-dirty; none stays none.
/// [linux mm/mremap.c:move_ptes, move_soft_dirty_pte] [S-61]
Result<void> move_page_tables(mm_struct& mm, VirtRange from, VirtAddr to) {
  const auto target = [&](VirtAddr va) { return to + (va - from.start); };
  // All tables first: what follows cannot fail half-way.
  Result<void> made;
  for_each_pte(mm, from, [&](PteTable& /*table*/, VirtAddr va, Pte /*pte*/) {
    if (made && !mm.pte_offset(target(va)))
      if (const auto ptep = mm.pte_alloc(target(va)); !ptep) made = unexpected(ptep.error());
  });
  if (!made) return made;
  VirtRange moved;
  for_each_pte(mm, from, [&](PteTable& table, VirtAddr va, Pte pte) {
    table.set(va, Pte{});
    mm.set_pte_at(target(va), *mm.pte_offset(target(va)), mmu::pte_mksoft_dirty(pte));
    moved = moved.hull({va, va + mmu::PAGE_SIZE});
  });
  mm.flush_tlb_range(moved);
  return {};
}

/// The VMA at the new place, with the old one's flags. [linux mm/vma.c:copy_vma]
vm_area& copy_vma(mm_struct& mm, const vm_area& vma, const Remap& call, VirtAddr to) {
  vm_area copy = vma;
  copy.vm_pgoff = vma.linear_page_index(call.addr);
  // Memory that was never touched belongs to no anon_vma yet: it is as if it had been mapped at the new place.
  if (vma.anonymous() && vma.anon_vma == 0) copy.vm_pgoff = to.page_number();
  copy.vm_start = to;
  copy.vm_end = to + call.new_len;
  const VirtRange moved{call.addr, call.addr + call.old_len};
  const VirtRange added = vma.soft_dirty_added.intersection(moved);
  copy.soft_dirty_added = {};
  if (!added.empty()) copy.soft_dirty_added = {to + (added.start - call.addr), to + (added.end - call.addr)};
  if (mm.context().soft_dirty_mode == SoftDirtyMode::documented && call.new_len > call.old_len)
    copy.soft_dirty_added = copy.soft_dirty_added.hull({to + call.old_len, copy.vm_end});
  if (vm_area* merged = vma_merge_new_range(mm, copy)) return *merged;
  return mm.insert_vma(std::move(copy));
}

/// [linux mm/mremap.c:move_vma]
Result<VirtAddr> move_vma(mm_struct& mm, vm_area& vma, const Remap& call, VirtAddr to) {
  if (mm.vmas().size() >= sysctl_max_map_count - 3) return unexpected(Errno::enomem);
  const vm_flags_t flags = vma.vm_flags;
  const std::uint32_t pages = call.new_len / mmu::PAGE_SIZE;
  const std::uint32_t to_account = call.has(MREMAP_DONTUNMAP) ? pages : (call.new_len - call.old_len) / mmu::PAGE_SIZE;
  if ((flags & VM_ACCOUNT) != 0 && !vm_enough_memory(mm, to_account)) return unexpected(Errno::enomem);

  const VirtRange from{call.addr, call.addr + call.old_len};
  copy_vma(mm, vma, call, to);
  const std::uint64_t hiwater = mm.hiwater_vm;
  vm_stat_account(mm, flags, pages, Account::add);
  if ((flags & VM_LOCKED) != 0) mm.locked_vm += pages;
  if (const auto moved = move_page_tables(mm, from, to); !moved) {
    static_cast<void>(munmap_range(mm, {to, to + call.new_len}));
    return unexpected(moved.error());
  }
  // `vma` may have been merged with the copy: look again.
  if (call.has(MREMAP_DONTUNMAP)) {
    if (vm_area* old = mm.vma_lookup(call.addr); old != nullptr && old->is_any(VM_LOCKED_MASK)) {
      const auto unlocked = vma_modify_flags(mm, *old, from, old->vm_flags & ~VM_LOCKED_MASK);
      if (unlocked) mm.locked_vm -= from.pages();
    }
    if (vm_area* old = mm.vma_lookup(call.addr); old != nullptr && old->range() == from) old->anon_vma = 0;
  } else if (call.old_len != 0) {
    LPAEMU_TRY_VOID(munmap_range(mm, from));
  }
  mm.hiwater_vm = hiwater;
  if ((flags & VM_LOCKED) != 0 && call.new_len > call.old_len)
    static_cast<void>(mm_populate(mm, {to + call.old_len, to + call.new_len}));
  return to;
}

/// MREMAP_FIXED and MREMAP_DONTUNMAP. [linux mm/mremap.c:mremap_to]
Result<VirtAddr> mremap_to(mm_struct& mm, Remap call) {
  if (!call.new_addr.is_page_aligned()) return unexpected(Errno::einval);
  if (call.new_len > TASK_SIZE.raw() || call.new_addr > TASK_SIZE - call.new_len) return unexpected(Errno::einval);
  const auto end = [](VirtAddr start, std::uint32_t bytes) { return start.raw() + std::uint64_t{bytes}; };
  if (end(call.addr, call.old_len) > call.new_addr.raw() && end(call.new_addr, call.new_len) > call.addr.raw())
    return unexpected(Errno::einval);
  if (mm.vmas().size() + 2 >= sysctl_max_map_count - 3) return unexpected(Errno::enomem);
  if (call.has(MREMAP_FIXED)) LPAEMU_TRY_VOID(do_munmap(mm, call.new_addr, call.new_len));
  if (call.old_len > call.new_len) {
    LPAEMU_TRY_VOID(do_munmap(mm, call.addr + call.new_len, call.old_len - call.new_len));
    call.old_len = call.new_len;
  }
  LPAEMU_TRY(vma, vma_to_resize(mm, call));
  const Placement how = call.has(MREMAP_FIXED) ? Placement::fixed : Placement::hint;
  LPAEMU_TRY(to, get_unmapped_area(mm, call.new_addr, call.new_len, how));
  return move_vma(mm, *vma, call, to);
}

/// Room for `delta` more bytes behind the VMA. [linux mm/mremap.c:vma_expandable]
bool vma_expandable(mm_struct& mm, const vm_area& vma, std::uint32_t delta) {
  if (delta > TASK_SIZE - vma.vm_end) return false;
  if (mm.find_vma_intersection({vma.vm_end, vma.vm_end + delta}) != nullptr) return false;
  const auto room = get_unmapped_area(mm, vma.vm_start, (vma.vm_end - vma.vm_start) + delta, Placement::fixed);
  return room.has_value();
}

/// The VMA grows where it is; the kernel leaves its flags as they are. [linux mm/vma.c:vma_merge_extend] [S-51]
Result<VirtAddr> expand_in_place(mm_struct& mm, vm_area& vma, const Remap& call) {
  const std::uint32_t delta = call.new_len - call.old_len;
  if (vma.is(VM_ACCOUNT) && !vm_enough_memory(mm, delta / mmu::PAGE_SIZE)) return unexpected(Errno::enomem);
  vm_area extension = vma;
  extension.vm_start = vma.vm_end;
  extension.vm_end = vma.vm_end + delta;
  extension.vm_pgoff = vma.linear_page_index(vma.vm_end);
  extension.soft_dirty_added = {};
  if (mm.context().soft_dirty_mode == SoftDirtyMode::documented) extension.soft_dirty_added = extension.range();
  const vm_flags_t flags = vma.vm_flags;
  const vm_area* grown = vma_merge_new_range(mm, extension);
  if (grown == nullptr) return unexpected(Errno::enomem);  // cannot be: it fits its own VMA
  vm_stat_account(mm, flags, delta / mmu::PAGE_SIZE, Account::add);
  mm.update_hiwater();
  if ((flags & VM_LOCKED) != 0) {
    mm.locked_vm += delta / mmu::PAGE_SIZE;
    static_cast<void>(mm_populate(mm, {call.addr + call.old_len, call.addr + call.new_len}));
  }
  return call.addr;
}

}  // namespace

Result<VirtAddr> do_mremap(mm_struct& mm, VirtAddr addr, std::uint32_t old_len, std::uint32_t new_len,
                           std::uint32_t flags, VirtAddr new_addr) {
  const Remap call{addr, page_align(old_len), page_align(new_len), flags, new_addr};
  if ((flags & ~(MREMAP_FIXED | MREMAP_MAYMOVE | MREMAP_DONTUNMAP)) != 0) return unexpected(Errno::einval);
  if (call.has(MREMAP_FIXED) && !call.has(MREMAP_MAYMOVE)) return unexpected(Errno::einval);
  if (call.has(MREMAP_DONTUNMAP) && (!call.has(MREMAP_MAYMOVE) || old_len != new_len)) return unexpected(Errno::einval);
  if (!addr.is_page_aligned() || call.new_len == 0) return unexpected(Errno::einval);
  if (mm.vma_lookup(addr) == nullptr) return unexpected(Errno::efault);
  if (call.has(MREMAP_FIXED | MREMAP_DONTUNMAP)) return mremap_to(mm, call);

  if (call.old_len >= call.new_len) {  // shrinking, or nothing to do
    if (call.old_len != call.new_len) LPAEMU_TRY_VOID(do_munmap(mm, addr + call.new_len, call.old_len - call.new_len));
    return addr;
  }
  LPAEMU_TRY(vma, vma_to_resize(mm, call));
  if (call.old_len == vma->vm_end - addr && vma_expandable(mm, *vma, call.new_len - call.old_len))
    return expand_in_place(mm, *vma, call);
  if (!call.has(MREMAP_MAYMOVE)) return unexpected(Errno::enomem);
  LPAEMU_TRY(to, get_unmapped_area(mm, VirtAddr{}, call.new_len, Placement::hint));
  return move_vma(mm, *vma, call, to);
}

}  // namespace lpaemu::kernel
