// [linux mm/mincore.c]
#include <vector>

#include "lpaemu/kernel_model/mm/mmap.h"
#include "lpaemu/kernel_model/mm/page_cache.h"
#include "lpaemu/kernel_model/mm/uaccess.h"
#include "munmap.h"

namespace lpaemu::kernel {
namespace {

bool resident(mm_struct& mm, const vm_area& vma, VirtAddr va) {
  if (!mmu::pte_none(mm.pte_at(va))) return true;
  return !vma.anonymous() && vma.mapping->find_page(vma.linear_page_index(va)).has_value();
}

}  // namespace

Result<void> do_mincore(mm_struct& mm, VirtAddr start, std::uint32_t length, VirtAddr vec) {
  if (!start.is_page_aligned()) return unexpected(Errno::einval);
  if (start > TASK_SIZE || length > TASK_SIZE - start) return unexpected(Errno::enomem);
  const std::uint32_t pages = page_align(length) / mmu::PAGE_SIZE;
  if (vec > TASK_SIZE || pages > TASK_SIZE - vec) return unexpected(Errno::efault);
  std::vector<std::byte> chunk;
  for (std::uint32_t done = 0; done < pages; done += static_cast<std::uint32_t>(chunk.size())) {
    chunk.clear();  // a page of answers at a time, as Linux does: what was answered before an error stays
    for (std::uint32_t i = done; i < pages && chunk.size() < mmu::PAGE_SIZE; ++i) {
      const VirtAddr va = start + i * mmu::PAGE_SIZE;
      const vm_area* vma = mm.vma_lookup(va);
      if (vma == nullptr) return unexpected(Errno::enomem);
      chunk.push_back(resident(mm, *vma, va) ? std::byte{1} : std::byte{0});
    }
    if (copy_to_user(mm, vec + done, chunk) != 0) return unexpected(Errno::efault);
  }
  return {};
}

}  // namespace lpaemu::kernel
