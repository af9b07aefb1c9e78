// Mappings that the kernel makes on its own. [linux mm/vma.c:__install_special_mapping, arch/arm/kernel/process.c]
#include "lpaemu/kernel_model/mm/mmap.h"
#include "lpaemu/kernel_model/mm/page_cache.h"
#include "vma.h"

namespace lpaemu::kernel {

Result<void> install_special_mapping(mm_struct& mm, VirtAddr start, std::shared_ptr<page_cache> pages, vm_flags_t flags,
                                     std::string name) {
  LPAEMU_ASSERT(pages != nullptr && start.is_page_aligned(), "special mapping {} at {:#x}", name, start.raw());
  vm_area vma;
  vma.vm_start = start;
  vma.vm_end = start + static_cast<std::uint32_t>(pages->size());
  vma.vm_flags = flags | mm.def_flags | VM_DONTEXPAND | VM_SOFTDIRTY;  // [S-50]
  vma.vm_flags &= ~VM_LOCKED_MASK;
  vma.mapping = std::move(pages);
  vma.name = std::move(name);
  vma_set_page_prot(vma);
  if (vma.range().empty() || vma.vm_end > TASK_SIZE || mm.find_vma_intersection(vma.range()) != nullptr)
    return unexpected(Errno::einval);
  if (mm.vmas().size() >= sysctl_max_map_count) return unexpected(Errno::enomem);
  vm_stat_account(mm, vma.vm_flags, vma.pages(), Account::add);
  mm.insert_vma(std::move(vma));
  return {};
}

Result<void> install_vectors(mm_struct& mm, Pfn page) {
  LPAEMU_TRY(ptep, mm.pte_alloc(vectors_base));
  mmu::Pte pte = mmu::pfn_pte(page, mmu::pgprot_kernel());  // [P-16, P-58]
  pte = mmu::L_PTE_RDONLY.with(mmu::L_PTE_USER.with(pte, true), true);
  mm.set_pte_at(vectors_base, ptep, pte);
  return {};
}

}  // namespace lpaemu::kernel
