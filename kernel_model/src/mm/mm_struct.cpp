#include "lpaemu/kernel_model/mm/mm_struct.h"

#include <algorithm>

#include "lpaemu/kernel_model/mm/mmap.h"
#include "lpaemu/kernel_model/mm/page_cache.h"

namespace lpaemu::kernel {

namespace {

/// SCTLR of a Cortex-A15 out of reset, little-endian, low vectors. [a15 4.3.27]
constexpr mmu::Sctlr reset_sctlr{0x00c50078};

}  // namespace

mmu::TranslationRegisters user_machine_registers(mmu::Ttbr ttbr0) {
  // TTBR1 serves no address: with RAM above PAGE_OFFSET v7_ttb_setup leaves T1SZ 0. A machine with RAM at a low
  // address is set up the same way, so that a guest sees one TTBCR. [lpae-mmu M-65]
  constexpr PhysAddr above_page_offset{PhysAddr::mask};
  const mmu::TtbSetup setup = mmu::v7_ttb_setup(mmu::VmSplit::split_3g, above_page_offset);
  return {setup.ttbcr, ttbr0, mmu::Ttbr{}, mmu::linux_mair(), mmu::apply_crval(reset_sctlr)};
}

mm_struct::mm_struct(MmContext context, Asid asid, PhysAddr pgd)
    : context_{context}, asid_{asid}, pgd_{pgd}, regime_{user_machine_registers(ttbr0())} {}

Result<std::shared_ptr<mm_struct>> mm_struct::create(MmContext context, Asid asid) {
  const auto pgd = context.pages.alloc_zeroed();
  if (!pgd) return unexpected(Errno::enomem);
  context.pages.page_of(*pgd).table = true;
  return std::shared_ptr<mm_struct>{new mm_struct{context, asid, PhysAddr{*pgd}}};
}

mm_struct::~mm_struct() {
  exit_mmap(*this);
  context_.pages.put(pgd_.pfn());
}

vm_area* mm_struct::find_vma_slow(VirtAddr va) {
  auto above = vmas_.upper_bound(va);
  if (above != vmas_.begin()) {
    vm_area& below = std::prev(above)->second;
    if (below.contains(va)) return vmacache_ = &below;
  }
  return above == vmas_.end() ? nullptr : &above->second;
}

vm_area* mm_struct::find_vma_intersection(VirtRange range) {
  vm_area* vma = find_vma(range.start);
  return vma != nullptr && vma->vm_start < range.end ? vma : nullptr;
}

vm_area* mm_struct::vma_before(VirtAddr va) {
  const auto above = vmas_.lower_bound(va);
  return above == vmas_.begin() ? nullptr : &std::prev(above)->second;
}

vm_area* mm_struct::prev_vma(const vm_area& vma) { return vma_before(vma.vm_start); }

vm_area* mm_struct::next_vma(const vm_area& vma) {
  const auto above = vmas_.upper_bound(vma.vm_start);
  return above == vmas_.end() ? nullptr : &above->second;
}

vm_area& mm_struct::insert_vma(vm_area vma) {
  if (vma.mapping != nullptr) vma.mapping->add_mapper(*this);
  const VirtAddr start = vma.vm_start;
  const auto [at, fresh] = vmas_.emplace(start, std::move(vma));
  LPAEMU_ASSERT(fresh, "there is a VMA at {:#x} already", start.raw());
  return at->second;
}

void mm_struct::erase_vma(vm_area& vma) {
  vmacache_ = nullptr;
  if (vma.mapping != nullptr) vma.mapping->remove_mapper(*this);
  vmas_.erase(vma.vm_start);
}

void mm_struct::set_vma_start(vm_area& vma, VirtAddr start) {
  auto node = vmas_.extract(vma.vm_start);
  LPAEMU_ASSERT(!node.empty(), "no VMA at {:#x}", vma.vm_start.raw());
  node.key() = start;
  vma.vm_start = start;
  const auto inserted = vmas_.insert(std::move(node));
  LPAEMU_ASSERT(inserted.inserted, "there is a VMA at {:#x} already", start.raw());
}

void mm_struct::update_hiwater() {
  hiwater_rss = std::max(hiwater_rss, rss.total());
  hiwater_vm = std::max(hiwater_vm, total_vm);
}

}  // namespace lpaemu::kernel
