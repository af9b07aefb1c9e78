#include "unmapped_area.h"

#include <algorithm>
#include <iterator>

namespace lpaemu::kernel {
namespace {

/// Below mmap_base downwards, no lower than FIRST_USER_ADDRESS. [linux mm/mmap.c:unmapped_area_topdown]
std::optional<VirtAddr> unmapped_area_topdown(mm_struct& mm, std::uint32_t length) {
  GapSearch& search = mm.gap_search;
  if (length <= search.largest_passed) search = {};
  VirtAddr high = search.high.value_or(mm.mmap_base);
  auto vma = mm.vmas().lower_bound(high);
  if (vma != mm.vmas().end()) high = std::min(high, vm_start_gap(vma->second));
  while (true) {
    const bool lowest = vma == mm.vmas().begin();
    if (!lowest) --vma;
    const VirtAddr low = lowest ? FIRST_USER_ADDRESS : std::max(vma->second.vm_end, FIRST_USER_ADDRESS);
    const std::uint32_t gap = low < high ? high - low : 0;
    search.high = high;
    if (gap >= length) return high - length;
    search.largest_passed = std::max(search.largest_passed, gap);
    if (lowest) return std::nullopt;
    high = std::min(high, vm_start_gap(vma->second));
  }
}

/// Between mmap_base and TASK_SIZE upwards: better than failing. [linux mm/mmap.c:unmapped_area]
std::optional<VirtAddr> unmapped_area_above(mm_struct& mm, std::uint32_t length) {
  VirtAddr low = mm.mmap_base;
  if (const vm_area* covering = mm.vma_lookup(low)) low = covering->vm_end;
  for (auto vma = mm.vmas().lower_bound(low);; ++vma) {
    const VirtAddr high = vma == mm.vmas().end() ? TASK_SIZE : std::min(TASK_SIZE, vm_start_gap(vma->second));
    if (low < high && high - low >= length) return low;
    if (vma == mm.vmas().end()) return std::nullopt;
    low = vma->second.vm_end;
  }
}

Result<VirtAddr> arch_get_unmapped_area_topdown(mm_struct& mm, VirtAddr addr, std::uint32_t length, Placement how) {
  if (length > TASK_SIZE.raw()) return unexpected(Errno::enomem);
  if (how == Placement::fixed) return addr;
  if (addr.raw() != 0 && addr <= TASK_SIZE - length) {
    const VirtAddr hint = (addr + (mmu::PAGE_SIZE - 1)).page();
    const vm_area* vma = mm.find_vma(hint);
    if (hint <= TASK_SIZE - length && (vma == nullptr || hint + length <= vm_start_gap(*vma))) return hint;
  }
  if (const auto found = unmapped_area_topdown(mm, length)) return *found;
  if (const auto found = unmapped_area_above(mm, length)) return *found;
  return unexpected(Errno::enomem);
}

}  // namespace

VirtAddr vm_start_gap(const vm_area& vma) {
  if (!vma.is(VM_GROWSDOWN)) return vma.vm_start;
  return VirtAddr{vma.vm_start.raw() - std::min(vma.vm_start.raw(), stack_guard_gap)};
}

Result<VirtAddr> get_unmapped_area(mm_struct& mm, VirtAddr addr, std::uint32_t length, Placement how) {
  LPAEMU_TRY(found, arch_get_unmapped_area_topdown(mm, addr, length, how));
  if (found > TASK_SIZE - length) return unexpected(Errno::enomem);
  if (!found.is_page_aligned()) return unexpected(Errno::einval);
  // Pretend: CAP_SYS_RAWIO would allow it. [linux security/commoncap.c:cap_mmap_addr]
  if (found < mmap_min_addr) return unexpected(Errno::eperm);
  return found;
}

}  // namespace lpaemu::kernel
