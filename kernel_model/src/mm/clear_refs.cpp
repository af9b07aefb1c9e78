// write(2) on /proc/PID/clear_refs. [linux fs/proc/task_mmu.c:clear_refs_write] [linux-soft-dirty 2]
#include <algorithm>
#include <optional>

#include "lpaemu/kernel_model/mm/soft_dirty.h"
#include "pgtable.h"
#include "vma.h"
#include "zap.h"

namespace lpaemu::kernel {
namespace {

using mmu::Pte;

enum class ClearRefs : std::uint8_t { all = 1, anon = 2, mapped = 3, soft_dirty = 4, mm_hiwater_rss = 5 };

/// At most 12 bytes count; NUL ends the text; white space at both ends goes; then a base-10 number with a sign.
/// [linux lib/kstrtox.c:kstrtoint] [S-11, S-12]
Result<ClearRefs> parse(std::string_view text) {
  text = text.substr(0, text.find('\0'));
  constexpr std::string_view space = " \t\n\v\f\r";
  const std::size_t first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return unexpected(Errno::einval);
  text = text.substr(first, text.find_last_not_of(space) - first + 1);
  const bool negative = text.front() == '-';
  if (negative || text.front() == '+') text.remove_prefix(1);
  if (text.empty() || !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return unexpected(Errno::einval);
  std::int64_t value = 0;  // no overflow: 12 digits at most
  for (const char c : text) value = value * 10 + (c - '0');
  if (negative) value = -value;
  if (value != static_cast<std::int32_t>(value)) return unexpected(Errno::erange);
  if (value < static_cast<int>(ClearRefs::all) || value > static_cast<int>(ClearRefs::mm_hiwater_rss))
    return unexpected(Errno::einval);
  return static_cast<ClearRefs>(value);
}

/// Step 2: tracking goes on for every VMA. Those without the flag are not recomputed. [linux-soft-dirty 2.1]
void clear_vma_flags(mm_struct& mm) {
  for (auto& [start, vma] : mm.vmas()) {
    vma.soft_dirty_added = {};
    if (!vma.is(VM_SOFTDIRTY)) continue;
    vma.vm_flags &= ~VM_SOFTDIRTY;
    vma_set_page_prot(vma);
  }
}

/// Step 4: entries lose soft-dirty and write permission, also those that are read-only or PROT_NONE already; dirty
/// and young stay. Pretend: no page is ever pinned for DMA (S-14), and nothing is swapped out.
void clear_soft_dirty(mm_struct& mm, const vm_area& vma) {
  for_each_pte_table(mm, vma.range(), [](PteTable& table, VirtRange part) {
    table.update_present(part, [](Pte pte) { return mmu::pte_clear_soft_dirty(mmu::pte_wrprotect(pte)); });
  });
}

void clear_all_soft_dirty(mm_struct& mm) {
  clear_vma_flags(mm);
  for (const auto& [start, vma] : mm.vmas())
    if (!vma.is(VM_PFNMAP)) clear_soft_dirty(mm, vma);
  mm.flush_tlb_mm();  // step 5, last: a stale writable translation would lose stores
  mm.context().events.emit(Event{.kind = EventKind::SoftDirtyCleared});
}

/// Types 1 to 3: accessed goes, soft-dirty stays; no TLB flush. [S-12, S-16]
void clear_young(mm_struct& mm, ClearRefs type) {
  for (const auto& [start, vma] : mm.vmas()) {
    if (vma.is(VM_PFNMAP)) continue;
    const bool file = vma.vm_file != nullptr || (!vma.anonymous() && vma.is(VM_SHARED));
    if ((type == ClearRefs::anon && file) || (type == ClearRefs::mapped && !file)) continue;
    for_each_pte(mm, vma.range(), [&mm](PteTable& table, VirtAddr va, Pte pte) {
      if (vm_normal_page(mm, pte) != nullptr && mmu::pte_young(pte)) table.set(va, mmu::pte_mkold(pte));
    });
  }
}

}  // namespace

Result<std::size_t> clear_refs_write(mm_struct& mm, std::string_view text) {
  constexpr std::size_t longest = 12;  // PROC_NUMBUF - 1
  text = text.substr(0, longest);
  LPAEMU_TRY(type, parse(text));
  switch (type) {
    case ClearRefs::soft_dirty: clear_all_soft_dirty(mm); break;
    case ClearRefs::mm_hiwater_rss: mm.hiwater_rss = mm.rss.total(); break;
    case ClearRefs::all:
    case ClearRefs::anon:
    case ClearRefs::mapped: clear_young(mm, type); break;
  }
  return text.size();
}

}  // namespace lpaemu::kernel
