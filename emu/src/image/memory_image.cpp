#include "lpaemu/emu/memory_image.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "lpaemu/emu/loader/elf_core.h"
#include "mapped_file.h"

namespace lpaemu::emu {

using mmu::PAGE_SIZE;
using mmu::PhysAddr;

MemoryImage::~MemoryImage() = default;

Expected<std::unique_ptr<MemoryImage>, Error> MemoryImage::open(std::span<const ImageFile> files) {
  std::unique_ptr<MemoryImage> image{new MemoryImage};
  for (const ImageFile& file : files) LPAEMU_TRY_VOID(image->add(file));
  LPAEMU_TRY_VOID(image->sort_extents());
  return image;
}

Expected<void, Error> MemoryImage::add(const ImageFile& file) {
  LPAEMU_TRY(mapped, MappedFile::open(file.path));
  const auto bytes = mapped->bytes();
  files_.push_back(std::move(mapped));
  if (file.pa) {
    constexpr std::uint64_t end_of_memory = PhysAddr::mask + 1;
    if (bytes.size() > end_of_memory - file.pa->raw())
      return unexpected(Error{fmt::format("{}: {:#x} bytes at {:#x} end above the 40 bits of physical addresses",
                                          file.path, bytes.size(), file.pa->raw())});
    extents_.push_back({*file.pa, bytes, file.path});
    return {};
  }
  LPAEMU_TRY(segments, read_elf_core(bytes, file.path));
  for (const CoreSegment& segment : segments)
    extents_.push_back({segment.pa, bytes.subspan(segment.offset, segment.bytes), file.path});
  return {};
}

Expected<void, Error> MemoryImage::sort_extents() {
  std::ranges::sort(extents_, {}, &Extent::pa);
  for (std::size_t i = 1; i < extents_.size(); ++i) {
    const Extent& low = extents_[i - 1];
    const Extent& high = extents_[i];
    if (low.end() <= high.pa.raw()) continue;
    const auto range = [](const Extent& extent) {
      return fmt::format("{} ({:#x} to {:#x})", extent.name, extent.pa.raw(), extent.end() - 1);
    };
    return unexpected(Error{fmt::format("two memories at {:#x}: {} and {}", high.pa.raw(), range(low), range(high))});
  }
  return {};
}

std::span<const std::uint64_t> MemoryImage::table(PhysAddr pa) const {
  const PhysAddr page = pa.page();
  // The last extent that begins at or below the page.
  const auto above = std::ranges::upper_bound(extents_, page, {}, &Extent::pa);
  if (above != extents_.begin()) {
    const Extent& extent = *std::prev(above);
    const std::uint64_t offset = page - extent.pa;
    const std::byte* const bytes = extent.bytes.data() + offset;
    const bool whole = offset < extent.bytes.size() && extent.bytes.size() - offset >= PAGE_SIZE;
    if (whole && reinterpret_cast<std::uintptr_t>(bytes) % alignof(std::uint64_t) == 0)
      return {reinterpret_cast<const std::uint64_t*>(bytes), mmu::descriptors_per_table};
  }
  return composed_page(page);
}

std::span<const std::uint64_t> MemoryImage::composed_page(PhysAddr page) const {
  if (const auto found = composed_.find(page.pfn()); found != composed_.end()) return *found->second;
  const std::uint64_t page_end = page.raw() + PAGE_SIZE;
  std::unique_ptr<Page> words;
  // The extents do not overlap: their ends are in order, too.
  auto extent = std::ranges::upper_bound(extents_, page.raw(), {}, &Extent::end);
  for (; extent != extents_.end() && extent->pa.raw() < page_end; ++extent) {
    if (words == nullptr) words = std::make_unique<Page>();
    const std::uint64_t first = std::max(page.raw(), extent->pa.raw());
    const std::uint64_t end = std::min(page_end, extent->end());
    std::memcpy(reinterpret_cast<std::byte*>(words->data()) + (first - page.raw()),
                extent->bytes.data() + (first - extent->pa.raw()), end - first);
  }
  if (words == nullptr) return {};
  return *(composed_[page.pfn()] = std::move(words));
}

std::optional<std::uint64_t> MemoryImage::read64(PhysAddr pa) const {
  const auto words = table(pa);
  if (words.empty()) return std::nullopt;
  return words[pa.page_offset() / sizeof(std::uint64_t)];
}

bool MemoryImage::write64(PhysAddr, std::uint64_t) { return false; }

std::span<std::byte> MemoryImage::page(PhysAddr) { return {}; }

}  // namespace lpaemu::emu
