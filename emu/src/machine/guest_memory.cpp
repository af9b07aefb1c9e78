#include "lpaemu/emu/machine/guest_memory.h"

#include <algorithm>
#include <cstring>

#include "lpaemu/kernel_model/mm/fault.h"
#include "lpaemu/kernel_model/mm/page_cache.h"

namespace lpaemu::emu {
namespace {

using kernel::mm_struct;
using kernel::VirtAddr;
using mmu::PAGE_SIZE;

constexpr std::array<std::byte, PAGE_SIZE> zeroes{};

/// The bytes of the page of `va`: mapped, or what a first access would map. Empty: nothing is mapped.
std::span<const std::byte> page_bytes(mm_struct& mm, VirtAddr va) {
  if (const mmu::Pte pte = mm.pte_at(va); mmu::pte_present(pte))
    return mm.memory().page(mmu::PhysAddr{mmu::pte_pfn(pte)});
  kernel::vm_area* vma = mm.vma_lookup(va);
  if (vma == nullptr) return {};
  if (vma->anonymous()) return zeroes;
  if (vma->linear_page_index(va) * PAGE_SIZE >= vma->mapping->size()) return {};
  const auto page = vma->mapping->get_page(vma->linear_page_index(va));
  return page ? mm.context().pages.bytes(*page) : std::span<const std::byte>{};
}

/// Calls `use(va, done, size)` for each page's part, while it answers true; answers how many bytes were done.
template <class Use>
std::size_t for_each_part(VirtAddr va, std::size_t size, Use use) {
  std::size_t done = 0;
  while (done < size) {
    const VirtAddr at = va + static_cast<std::uint32_t>(done);
    if (at < va) break;  // beyond the top
    const std::size_t part = std::min<std::size_t>(size - done, PAGE_SIZE - at.page_offset());
    if (!use(at, done, part)) break;
    done += part;
  }
  return done;
}

}  // namespace

std::size_t peek(mm_struct& mm, VirtAddr va, std::span<std::byte> to) {
  return for_each_part(va, to.size(), [&](VirtAddr at, std::size_t done, std::size_t size) {
    const auto bytes = page_bytes(mm, at);
    if (bytes.empty()) return false;
    std::memcpy(to.data() + done, bytes.data() + at.page_offset(), size);
    return true;
  });
}

std::optional<std::vector<std::byte>> peek(mm_struct& mm, VirtAddr va, std::size_t size) {
  std::vector<std::byte> bytes(size);
  if (peek(mm, va, bytes) != size) return std::nullopt;
  return bytes;
}

std::optional<std::uint32_t> peek_word(mm_struct& mm, VirtAddr va) {
  std::uint32_t word = 0;
  if (peek(mm, va, std::as_writable_bytes(std::span{&word, 1})) != sizeof word) return std::nullopt;
  return word;
}

std::size_t poke(mm_struct& mm, VirtAddr va, std::span<const std::byte> from) {
  return for_each_part(va, from.size(), [&](VirtAddr at, std::size_t done, std::size_t size) {
    if (!kernel::faultin_page(mm, at, mmu::Access::write)) return false;
    const mmu::Pfn pfn = mmu::pte_pfn(mm.pte_at(at));
    std::memcpy(mm.context().pages.bytes(pfn).data() + at.page_offset(), from.data() + done, size);
    mm.context().pages.stored_into(pfn);
    return true;
  });
}

}  // namespace lpaemu::emu
