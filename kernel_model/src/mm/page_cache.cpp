#include "lpaemu/kernel_model/mm/page_cache.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "lpaemu/kernel_model/mm/mm_struct.h"
#include "pgtable.h"
#include "zap.h"

namespace lpaemu::kernel {
namespace {

constexpr std::uint64_t page_bytes = mmu::PAGE_SIZE;

std::uint64_t pages_for(std::uint64_t bytes) { return bytes / page_bytes + (bytes % page_bytes != 0 ? 1 : 0); }

/// The part of a VMA that maps pages [first, end) of its file.
VirtRange mapped_part(const vm_area& vma, std::uint64_t first, std::uint64_t end) {
  const std::uint64_t low = std::clamp(first, vma.vm_pgoff, vma.vm_pgoff + vma.pages());
  const std::uint64_t high = std::clamp(end, low, vma.vm_pgoff + vma.pages());
  const auto address = [&vma](std::uint64_t pgoff) {
    return vma.vm_start + static_cast<std::uint32_t>((pgoff - vma.vm_pgoff) * page_bytes);
  };
  return {address(low), address(high)};
}

}  // namespace

page_cache::page_cache(PageAllocator& pages, std::uint64_t size, Fill fill)
    : pages_{pages}, size_{size}, fill_{std::move(fill)} {}

page_cache::page_cache(PageAllocator& pages, std::shared_ptr<BlockLimit> blocks)
    : pages_{pages}, size_{0}, blocks_{std::move(blocks)} {}

page_cache::~page_cache() {
  LPAEMU_ASSERT(mappers_.empty(), "{} address spaces still map this file", mappers_.size());
  for (const auto& [pgoff, pfn] : present_) put_page(pfn);
}

std::optional<Pfn> page_cache::find_page(std::uint64_t pgoff) const {
  const auto found = present_.find(pgoff);
  if (found == present_.end()) return std::nullopt;
  return found->second;
}

Result<Pfn> page_cache::get_page(std::uint64_t pgoff) {
  if (const auto pfn = find_page(pgoff)) return *pfn;
  LPAEMU_TRY(pfn, add_page(pgoff));
  if (!fill_) return pfn;
  const auto filled = fill_(pgoff, pages_.bytes(pfn));
  if (!filled) {
    present_.erase(pgoff);
    put_page(pfn);
    return unexpected(filled.error());
  }
  pages_.stored_into(pfn);
  return pfn;
}

Result<Pfn> page_cache::add_page(std::uint64_t pgoff) {
  if (blocks_ && blocks_->used_blocks >= blocks_->max_blocks) return unexpected(Errno::enospc);
  const auto pfn = pages_.alloc_zeroed();
  if (!pfn) return unexpected(Errno::enomem);
  if (blocks_) ++blocks_->used_blocks;
  present_.emplace(pgoff, *pfn);
  return *pfn;
}

void page_cache::put_page(Pfn pfn) {
  if (blocks_) --blocks_->used_blocks;
  pages_.put(pfn);
}

Result<std::size_t> page_cache::read(std::uint64_t offset, std::span<std::byte> buffer) {
  if (offset >= size_) return std::size_t{0};
  const std::size_t total = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size_ - offset));
  for (std::size_t done = 0; done < total;) {
    const std::uint64_t at = offset + done;
    const std::size_t skip = static_cast<std::size_t>(at % page_bytes);
    const std::size_t step = std::min(static_cast<std::size_t>(page_bytes) - skip, total - done);
    if (is_shmem() && !find_page(at / page_bytes)) {
      std::memset(buffer.data() + done, 0, step);  // a hole stays one
    } else {
      const auto copied = copy_page(at / page_bytes, skip, buffer.subspan(done, step));
      if (!copied && done != 0) return done;
      if (!copied) return unexpected(copied.error());
    }
    done += step;
  }
  return total;
}

Result<void> page_cache::copy_page(std::uint64_t pgoff, std::size_t skip, std::span<std::byte> to) {
  const auto pfn = get_page(pgoff);
  if (pfn) {
    std::memcpy(to.data(), pages_.bytes(*pfn).data() + skip, to.size());
    return {};
  }
  if (pfn.error() != Errno::enomem || !fill_) return unexpected(pfn.error());
  std::array<std::byte, page_bytes> page{};  // RAM is full: Linux would reclaim a page for this
  LPAEMU_TRY_VOID(fill_(pgoff, page));
  std::memcpy(to.data(), page.data() + skip, to.size());
  return {};
}

Result<Pfn> page_cache::page_for_write(std::uint64_t pgoff, bool whole) {
  const bool beyond_end = pgoff >= pages_for(size_);
  if (!whole && !beyond_end) return get_page(pgoff);
  if (const auto pfn = find_page(pgoff)) return *pfn;
  return add_page(pgoff);
}

Result<std::size_t> page_cache::write(std::uint64_t offset, std::span<const std::byte> data) {
  for (std::size_t done = 0; done < data.size();) {
    const std::uint64_t at = offset + done;
    const std::size_t skip = static_cast<std::size_t>(at % page_bytes);
    const std::size_t step = std::min(static_cast<std::size_t>(page_bytes) - skip, data.size() - done);
    const auto pfn = page_for_write(at / page_bytes, step == page_bytes);
    if (!pfn && done != 0) return done;
    if (!pfn) return unexpected(pfn.error() == Errno::enomem ? Errno::enospc : pfn.error());
    std::memcpy(pages_.bytes(*pfn).data() + skip, data.data() + done, step);
    pages_.stored_into(*pfn);
    pages_.page_of(*pfn).dirty = true;
    done += step;
    size_ = std::max(size_, offset + done);
  }
  return data.size();
}

void page_cache::truncate(std::uint64_t size) {
  const std::uint64_t old = size_;
  size_ = size;
  if (size > old) return;
  // Pages wholly beyond the end go; the rest of the last one reads as zeroes if the file grows again. That holds for
  // the same size as well: a mapping may have stored there.
  const std::uint64_t whole = pages_for(size);
  drop_pages(whole, ~std::uint64_t{0}, EvenCows::yes);
  zero_part(size, whole * page_bytes);
}

void page_cache::punch_hole(std::uint64_t offset, std::uint64_t bytes) {
  const std::uint64_t end = std::min(size_, bytes > ~std::uint64_t{0} - offset ? size_ : offset + bytes);
  if (offset >= end) return;
  const std::uint64_t first = pages_for(offset);
  const std::uint64_t last = end == size_ ? pages_for(end) : end / page_bytes;
  if (first >= last) {
    zero_part(offset, std::min(end, first * page_bytes));
    if (end > first * page_bytes) zero_part(first * page_bytes, end);
    return;
  }
  zero_part(offset, first * page_bytes);
  drop_pages(first, last, EvenCows::no);
  if (end > last * page_bytes) zero_part(last * page_bytes, end);
}

void page_cache::zero_part(std::uint64_t from, std::uint64_t to) {
  if (from >= to) return;
  const auto pfn = find_page(from / page_bytes);
  if (!pfn) return;
  const auto skip = static_cast<std::size_t>(from % page_bytes);
  std::memset(pages_.bytes(*pfn).data() + skip, 0, static_cast<std::size_t>(to - from));
  pages_.stored_into(*pfn);
  pages_.page_of(*pfn).dirty = true;
}

void page_cache::drop_pages(std::uint64_t first, std::uint64_t end, EvenCows even_cows) {
  unmap_mapping_range(first, end, even_cows);
  const auto low = present_.lower_bound(first);
  const auto high = present_.lower_bound(end);
  for (auto at = low; at != high; ++at) put_page(at->second);
  present_.erase(low, high);
}

void page_cache::unmap_mapping_range(std::uint64_t first, std::uint64_t end, EvenCows even_cows) {
  for (const auto& [mm, count] : mappers_) {
    mmu_gather gather{*mm};
    for (auto& [start, vma] : mm->vmas())
      if (vma.mapping.get() == this) gather.unmap(vma, mapped_part(vma, first, end), even_cows);
  }
}

void page_cache::writeback(const Store& store) {
  for (const auto& [pgoff, pfn] : present_) {
    page& page = pages_.page_of(pfn);
    if (!page.dirty) continue;
    page_mkclean(pgoff);
    const std::uint64_t rest = size_ > pgoff * page_bytes ? size_ - pgoff * page_bytes : 0;
    if (store(pgoff, pages_.bytes(pfn).first(static_cast<std::size_t>(std::min(rest, page_bytes))))) page.dirty = false;
  }
}

void page_cache::page_mkclean(std::uint64_t pgoff) {  // [linux mm/rmap.c:page_vma_mkclean_one]
  for (const auto& [mm, count] : mappers_) {
    for (auto& [start, vma] : mm->vmas()) {
      if (vma.mapping.get() != this || !vma.is(VM_SHARED)) continue;
      for_each_pte(*mm, mapped_part(vma, pgoff, pgoff + 1), [mm = mm](PteTable& table, VirtAddr va, mmu::Pte pte) {
        if (!mmu::pte_dirty(pte) && !mmu::pte_write(pte)) return;
        table.set(va, mmu::pte_mkclean(mmu::pte_wrprotect(pte)));  // soft-dirty stays [S-61]
        mm->flush_tlb_page(va);
      });
    }
  }
}

void page_cache::remove_mapper(mm_struct& mm) {
  const auto found = mappers_.find(&mm);
  LPAEMU_ASSERT(found != mappers_.end(), "an address space that does not map this file lets go of it");
  if (--found->second == 0) mappers_.erase(found);
}

}  // namespace lpaemu::kernel
