// VMAs among their neighbours: protections, splitting, merging, accounting. [linux mm/vma.c]
#pragma once

#include "lpaemu/kernel_model/mm/mm_struct.h"

namespace lpaemu::kernel {

/// The protection of these rights. [linux arch/arm/mm/mmu.c:vm_get_page_prot]
[[nodiscard]] mmu::Pgprot vm_get_page_prot(vm_flags_t flags);
/// Recomputes vm_page_prot: shared writable pages start read-only while writes to them must be noticed.
/// [linux mm/mmap.c:vma_set_page_prot]
void vma_set_page_prot(vm_area& vma);
/// [linux mm/mmap.c:vma_wants_writenotify] [S-70]
[[nodiscard]] bool vma_wants_writenotify(const vm_area& vma);

/// total_vm and its parts. Adds the pages, or takes them away. [linux mm/mmap.c:vm_stat_account]
enum class Account : std::uint8_t { add, remove };
void vm_stat_account(mm_struct& mm, vm_flags_t flags, std::uint64_t pages, Account how);
/// The heuristic overcommit check: only a request larger than all RAM is refused.
/// [linux mm/util.c:__vm_enough_memory]
[[nodiscard]] bool vm_enough_memory(mm_struct& mm, std::uint64_t pages);
/// Private writable memory counts unless MAP_NORESERVE. [linux mm/vma.c:accountable_mapping]
[[nodiscard]] bool accountable_mapping(vm_flags_t flags);

/// Cuts `vma` at `at`: it keeps the low part, the answer is the high part. ENOMEM: too many VMAs. [S-53]
[[nodiscard]] Result<vm_area*> split_vma(mm_struct& mm, vm_area& vma, VirtAddr at);

/// Extends a neighbour over [wanted.vm_start, wanted.vm_end), which is empty, if one has the same properties.
/// Null: none has. The neighbour keeps its own VM_SOFTDIRTY, or ORs it in documented mode. [S-54]
[[nodiscard]] vm_area* vma_merge_new_range(mm_struct& mm, const vm_area& wanted);

/// Makes `range`, inside `vma`, a VMA with these flags: merged with neighbours that have them, else split off.
/// The answer is the VMA that holds the range; its vm_page_prot follows. ENOMEM: too many VMAs.
/// [linux mm/vma.c:vma_modify]
[[nodiscard]] Result<vm_area*> vma_modify_flags(mm_struct& mm, vm_area& vma, VirtRange range, vm_flags_t flags);

/// Gives the VMA an anon_vma before its first anonymous page: a neighbour's where that keeps them mergeable.
/// [linux mm/rmap.c:__anon_vma_prepare]
void anon_vma_prepare(mm_struct& mm, vm_area& vma);

}  // namespace lpaemu::kernel
