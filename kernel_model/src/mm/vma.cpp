#include "vma.h"

#include "lpaemu/kernel_model/mm/mmap.h"
#include "lpaemu/kernel_model/mm/page_cache.h"

namespace lpaemu::kernel {
namespace {

constexpr vm_flags_t VM_SPECIAL = VM_IO | VM_DONTEXPAND | VM_PFNMAP;

/// Whether a VMA and a range may hang on one anon_vma. `neighbour` without one takes only a range without one.
/// [linux mm/vma.c:is_mergeable_anon_vma]
bool is_mergeable_anon_vma(std::uint32_t wanted, std::uint32_t neighbour) {
  return (wanted == 0 && neighbour != 0) || wanted == neighbour;
}

bool are_anon_vmas_compatible(const vm_area& a, const vm_area& b) {
  return a.anon_vma == 0 || b.anon_vma == 0 || a.anon_vma == b.anon_vma;
}

bool is_mergeable_vma(const vm_area& neighbour, const vm_area& wanted) {
  return ((neighbour.vm_flags ^ wanted.vm_flags) & ~VM_SOFTDIRTY) == 0 && neighbour.vm_file == wanted.vm_file &&
         neighbour.mapping == wanted.mapping && neighbour.name == wanted.name &&
         is_mergeable_anon_vma(wanted.anon_vma, neighbour.anon_vma);
}

bool can_vma_merge_after(const vm_area* prev, const vm_area& wanted) {
  return prev != nullptr && prev->vm_end == wanted.vm_start && is_mergeable_vma(*prev, wanted) &&
         prev->linear_page_index(prev->vm_end) == wanted.vm_pgoff;
}

bool can_vma_merge_before(const vm_area* next, const vm_area& wanted) {
  return next != nullptr && wanted.vm_end == next->vm_start && is_mergeable_vma(*next, wanted) &&
         wanted.linear_page_index(wanted.vm_end) == next->vm_pgoff;
}

/// What the survivor of a merge takes over from a VMA, or from a part of it, that it swallows.
void absorb(mm_struct& mm, vm_area& survivor, const vm_area& swallowed, VirtRange part) {
  if (survivor.anon_vma == 0) survivor.anon_vma = swallowed.anon_vma;
  if (mm.context().soft_dirty_mode == SoftDirtyMode::kernel) return;  // keeps its own flag [S-54, before 6.19]
  survivor.vm_flags |= swallowed.vm_flags & VM_SOFTDIRTY;
  survivor.soft_dirty_added = survivor.soft_dirty_added.hull(swallowed.soft_dirty_added.intersection(part));
}

/// Moves the start of a VMA, and what belongs to it.
void move_start(mm_struct& mm, vm_area& vma, VirtAddr start) {
  if (start < vma.vm_start) {
    vma.vm_pgoff -= (vma.vm_start - start) / mmu::PAGE_SIZE;
  } else {
    vma.vm_pgoff += (start - vma.vm_start) / mmu::PAGE_SIZE;
  }
  mm.set_vma_start(vma, start);
  vma.soft_dirty_added = vma.soft_dirty_added.intersection(vma.range());
}

void move_end(vm_area& vma, VirtAddr end) {
  vma.vm_end = end;
  vma.soft_dirty_added = vma.soft_dirty_added.intersection(vma.range());
}

/// Merges `range` of `vma` with its neighbours if they have the properties `wanted`. Null: none has.
/// [linux mm/vma.c:vma_merge_existing_range]
vm_area* vma_merge_existing_range(mm_struct& mm, vm_area& vma, const vm_area& wanted) {
  const VirtRange range = wanted.range();
  const bool left_side = range.start == vma.vm_start;
  const bool right_side = range.end == vma.vm_end;
  if (wanted.is_any(VM_SPECIAL)) return nullptr;
  vm_area* prev = left_side ? mm.prev_vma(vma) : nullptr;
  vm_area* next = right_side ? mm.next_vma(vma) : nullptr;
  const bool merge_left = can_vma_merge_after(prev, wanted);
  const bool merge_right = can_vma_merge_before(next, wanted) &&
                           (!merge_left || are_anon_vmas_compatible(*prev, *next));  // NOLINT(clang-analyzer-core.*)
  if (!merge_left && !merge_right) return nullptr;

  // Null is no neighbour to merge with, which the analyzer does not see.
  vm_area& survivor = merge_left ? *prev : *next;  // NOLINT(clang-analyzer-core.*)
  absorb(mm, survivor, vma, range);
  if (left_side && right_side) {
    mm.erase_vma(vma);
  } else if (left_side) {
    move_start(mm, vma, range.end);
  } else {
    move_end(vma, range.start);
  }
  if (merge_left && merge_right) {
    absorb(mm, *prev, *next, next->range());
    const VirtAddr end = next->vm_end;
    mm.erase_vma(*next);
    prev->vm_end = end;
  } else if (merge_left) {
    prev->vm_end = range.end;
  } else {
    move_start(mm, *next, range.start);
  }
  return &survivor;
}

}  // namespace

mmu::Pgprot vm_get_page_prot(vm_flags_t flags) {
  // Indexed by the four flags that decide it, as Linux's protection_map is.
  constexpr vm_flags_t deciding = VM_ACCESS_FLAGS | VM_SHARED;
  static const auto protections = [] {
    std::array<mmu::Pgprot, deciding + 1> map;
    for (vm_flags_t f = 0; f <= deciding; ++f)
      map[f] = mmu::protection_map({(f & VM_READ) != 0, (f & VM_WRITE) != 0, (f & VM_EXEC) != 0},
                                   (f & VM_SHARED) != 0 ? mmu::Sharing::shared_mapping : mmu::Sharing::private_mapping);
    return map;
  }();
  return protections[flags & deciding];
}

bool vma_wants_writenotify(const vm_area& vma) {
  if (!vma.is(VM_WRITE | VM_SHARED)) return false;
  if (vma.soft_dirty_enabled()) return true;
  return vma.mapping != nullptr && !vma.mapping->is_shmem();  // its file system writes dirty pages back
}

void vma_set_page_prot(vm_area& vma) {
  const vm_flags_t flags = vma_wants_writenotify(vma) ? vma.vm_flags & ~VM_SHARED : vma.vm_flags;
  vma.vm_page_prot = vm_get_page_prot(flags);
}

void vm_stat_account(mm_struct& mm, vm_flags_t flags, std::uint64_t pages, Account how) {
  const auto change = [pages, how](std::uint64_t& counter) {
    counter = how == Account::add ? counter + pages : counter - pages;
  };
  const bool is_exec = (flags & (VM_EXEC | VM_WRITE | VM_GROWSDOWN)) == VM_EXEC;
  const bool is_stack = (flags & VM_GROWSDOWN) != 0;
  const bool is_data = (flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) == VM_WRITE;
  change(mm.total_vm);
  if (is_exec) {
    change(mm.exec_vm);
  } else if (is_stack) {
    change(mm.stack_vm);
  } else if (is_data) {
    change(mm.data_vm);
  }
}

bool vm_enough_memory(mm_struct& mm, std::uint64_t pages) { return pages <= mm.context().pages.total_pages(); }

bool accountable_mapping(vm_flags_t flags) { return (flags & (VM_NORESERVE | VM_SHARED | VM_WRITE)) == VM_WRITE; }

Result<vm_area*> split_vma(mm_struct& mm, vm_area& vma, VirtAddr at) {
  LPAEMU_ASSERT(at > vma.vm_start && at < vma.vm_end, "split of {:#x}..{:#x} at {:#x}", vma.vm_start.raw(),
                vma.vm_end.raw(), at.raw());
  if (mm.vmas().size() >= sysctl_max_map_count) return unexpected(Errno::enomem);
  vm_area high = vma;
  high.vm_pgoff = vma.linear_page_index(at);
  high.vm_start = at;
  high.soft_dirty_added = vma.soft_dirty_added.intersection(high.range());
  move_end(vma, at);
  return &mm.insert_vma(std::move(high));
}

vm_area* vma_merge_new_range(mm_struct& mm, const vm_area& wanted) {
  if (wanted.is_any(VM_SPECIAL)) return nullptr;
  vm_area* prev = mm.vma_before(wanted.vm_start);
  vm_area* next = prev != nullptr ? mm.next_vma(*prev) : mm.find_vma(wanted.vm_start);
  const bool merge_left = can_vma_merge_after(prev, wanted);
  const bool merge_right = can_vma_merge_before(next, wanted) &&
                           (!merge_left || are_anon_vmas_compatible(*prev, *next));  // NOLINT(clang-analyzer-core.*)
  if (!merge_left && !merge_right) return nullptr;

  // Null is no neighbour to merge with, which the analyzer does not see.
  vm_area& survivor = merge_left ? *prev : *next;  // NOLINT(clang-analyzer-core.*)
  absorb(mm, survivor, wanted, wanted.range());
  if (!merge_left) {
    move_start(mm, *next, wanted.vm_start);
  } else {
    prev->vm_end = wanted.vm_end;
  }
  if (merge_left && merge_right) {
    absorb(mm, *prev, *next, next->range());
    const VirtAddr end = next->vm_end;
    mm.erase_vma(*next);
    prev->vm_end = end;
  }
  vma_set_page_prot(survivor);
  return &survivor;
}

Result<vm_area*> vma_modify_flags(mm_struct& mm, vm_area& vma, VirtRange range, vm_flags_t flags) {
  vm_area wanted = vma;
  wanted.vm_flags = flags;
  wanted.vm_pgoff = vma.linear_page_index(range.start);
  wanted.vm_start = range.start;
  wanted.vm_end = range.end;
  if (vm_area* merged = vma_merge_existing_range(mm, vma, wanted)) {
    // The caller's flags replace the survivor's, VM_SOFTDIRTY included: 6.12 loses a neighbour's flag here.
    // [linux mm/mprotect.c:mprotect_fixup, vm_flags_reset]
    const bool ored = mm.context().soft_dirty_mode == SoftDirtyMode::documented;
    merged->vm_flags = flags | (ored ? merged->vm_flags & VM_SOFTDIRTY : 0);
    vma_set_page_prot(*merged);
    return merged;
  }
  vm_area* part = &vma;
  if (range.start > vma.vm_start) {
    LPAEMU_TRY(high, split_vma(mm, vma, range.start));
    part = high;
  }
  if (range.end < part->vm_end) LPAEMU_TRY_VOID(split_vma(mm, *part, range.end));
  part->vm_flags = flags;
  vma_set_page_prot(*part);
  return part;
}

void anon_vma_prepare(mm_struct& mm, vm_area& vma) {
  if (vma.anon_vma != 0) return;
  // [linux mm/mmap.c:anon_vma_compatible] Rights may differ: mprotect can make them equal again.
  const auto compatible = [](const vm_area* a, const vm_area* b) {
    return a != nullptr && b != nullptr && a->vm_end == b->vm_start && a->vm_file == b->vm_file &&
           a->mapping == b->mapping && ((a->vm_flags ^ b->vm_flags) & ~(VM_ACCESS_FLAGS | VM_SOFTDIRTY)) == 0 &&
           a->linear_page_index(a->vm_end) == b->vm_pgoff;
  };
  const vm_area* next = mm.next_vma(vma);
  const vm_area* prev = mm.prev_vma(vma);
  if (compatible(&vma, next)) vma.anon_vma = next->anon_vma;
  if (vma.anon_vma == 0 && compatible(prev, &vma)) vma.anon_vma = prev->anon_vma;
  if (vma.anon_vma == 0) vma.anon_vma = ++mm.anon_vmas;
}

}  // namespace lpaemu::kernel
