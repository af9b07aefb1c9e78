#include "lpaemu/kernel_model/mm/page_alloc.h"

#include <cstring>

namespace lpaemu::kernel {

PageAllocator::PageAllocator(mmu::PhysicalMemory& memory, Cpu& cpu, PhysAddr base, std::uint64_t bytes)
    : memory_{memory},
      cpu_{cpu},
      first_{base.pfn()},
      total_{static_cast<std::uint32_t>(bytes / mmu::PAGE_SIZE)},
      pages_{static_cast<page*>(std::calloc(total_, sizeof(page)))} {
  LPAEMU_ASSERT(pages_ != nullptr, "no memory for the description of {} pages", total_);
  LPAEMU_ASSERT(base.is_page_aligned() && bytes % mmu::PAGE_SIZE == 0, "RAM of {:#x} bytes at {:#x}", bytes,
                base.raw());
  const auto zero_page = alloc_zeroed();
  LPAEMU_ASSERT(zero_page.has_value(), "RAM of {:#x} bytes has no room for the zero page", bytes);
  zero_page_ = *zero_page;
}

std::optional<PageAllocator::Taken> PageAllocator::take() {
  Taken taken{};
  if (!free_.empty()) {
    taken = {free_.back(), false};
    free_.pop_back();
  } else if (never_used_ < total_) {
    taken = {first_ + never_used_++, true};
  } else {
    return std::nullopt;
  }
  page& page = page_of(taken.pfn);
  LPAEMU_ASSERT(page.refcount == 0 && page.mapcount == 0, "free page {:#x} has {} references and {} mappings",
                taken.pfn.raw(), page.refcount, page.mapcount);
  page = {};
  page.refcount = 1;
  return taken;
}

std::optional<Pfn> PageAllocator::alloc_zeroed() {
  const auto taken = take();
  if (!taken) return std::nullopt;
  if (!taken->zero) {
    const std::span<std::byte> all = bytes(taken->pfn);
    std::memset(all.data(), 0, all.size());
    stored_into(taken->pfn);
  }
  return taken->pfn;
}

std::optional<Pfn> PageAllocator::alloc() {
  const auto taken = take();
  if (!taken) return std::nullopt;
  return taken->pfn;
}

void PageAllocator::put(Pfn pfn) {
  page& page = page_of(pfn);
  LPAEMU_ASSERT(page.refcount != 0, "page {:#x} is free already", pfn.raw());
  if (--page.refcount != 0) return;
  LPAEMU_ASSERT(page.mapcount == 0, "page {:#x} is freed while {} entries map it", pfn.raw(), page.mapcount);
  LPAEMU_ASSERT(pfn != zero_page_, "the zero page {:#x} is freed", pfn.raw());
  free_.push_back(pfn);
}

std::span<std::byte> PageAllocator::bytes(Pfn pfn) {
  const std::span<std::byte> all = memory_.page(PhysAddr{pfn});
  LPAEMU_ASSERT(owns(pfn) && all.size() == mmu::PAGE_SIZE, "page frame {:#x} has no memory", pfn.raw());
  return all;
}

}  // namespace lpaemu::kernel
