// Physical memory for tests: one contiguous RAM and any number of single pages elsewhere. Header only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "lpaemu/mmu/assert.h"
#include "lpaemu/mmu/physical_memory.h"

namespace lpaemu::mmu {

class FakeMemory final : public PhysicalMemory {
 public:
  /// The RAM of a machine starts above 4 GiB by default, so that truncation shows.
  static constexpr std::uint64_t default_ram_base = 0x8'8000'0000;
  static constexpr std::uint32_t default_ram_pages = 64;

  explicit FakeMemory(PhysAddr ram_base = PhysAddr{default_ram_base}, std::uint32_t ram_pages = default_ram_pages)
      : ram_base_{ram_base}, ram_(std::size_t{ram_pages} * descriptors_per_table) {
    LPAEMU_ASSERT(ram_base.is_page_aligned(), "RAM base {:#x}", ram_base.raw());
  }

  [[nodiscard]] PhysAddr ram_base() const { return ram_base_; }
  [[nodiscard]] std::uint32_t ram_pages() const {
    return static_cast<std::uint32_t>(ram_.size() / descriptors_per_table);
  }

  /// Puts a zeroed page where there was no memory. Requires: pa is page-aligned.
  PhysAddr add_page(PhysAddr pa) {
    LPAEMU_ASSERT(pa.is_page_aligned() && words_of(pa) == nullptr, "page {:#x}", pa.raw());
    pages_[pa.pfn()].fill(0);
    return pa;
  }

  /// The next page of the RAM, from its start; zeroed as long as nobody wrote to it.
  PhysAddr allocate() {
    LPAEMU_ASSERT(allocated_ < ram_pages(), "all {} pages of RAM are allocated", ram_pages());
    return ram_base_ + std::uint64_t{allocated_++} * PAGE_SIZE;
  }

  /// The word at `pa`, where a test knows that there is memory.
  [[nodiscard]] std::uint64_t word(PhysAddr pa) const {
    const auto value = read64(pa);
    LPAEMU_ASSERT(value, "no memory at {:#x}", pa.raw());
    return *value;
  }

  /// The number of write64 calls that reached memory.
  [[nodiscard]] std::uint64_t stores() const { return stores_; }

  [[nodiscard]] std::optional<std::uint64_t> read64(PhysAddr pa) const override {
    const std::uint64_t* words = words_of(pa);
    if (words == nullptr) return std::nullopt;
    return words[index_of(pa)];
  }

  [[nodiscard]] bool write64(PhysAddr pa, std::uint64_t value) override {
    std::uint64_t* words = words_of(pa);
    if (words == nullptr) return false;
    words[index_of(pa)] = value;
    ++stores_;
    return true;
  }

  [[nodiscard]] std::span<std::byte> page(PhysAddr pa) override {
    std::uint64_t* words = words_of(pa);
    if (words == nullptr) return {};
    return std::as_writable_bytes(std::span{words, descriptors_per_table});
  }

  [[nodiscard]] std::span<const std::uint64_t> table(PhysAddr pa) const override {
    const std::uint64_t* words = words_of(pa);
    if (words == nullptr) return {};
    return {words, descriptors_per_table};
  }

 private:
  using Page = std::array<std::uint64_t, descriptors_per_table>;

  static std::size_t index_of(PhysAddr pa) {
    LPAEMU_ASSERT(pa.raw() % descriptor_bytes == 0, "unaligned 64-bit access at {:#x}", pa.raw());
    return pa.page_offset() / descriptor_bytes;
  }

  /// The first word of the page that holds `pa`; null where there is no memory.
  [[nodiscard]] const std::uint64_t* words_of(PhysAddr pa) const {
    if (pa >= ram_base_ && (pa - ram_base_) / PAGE_SIZE < ram_pages())
      return ram_.data() + (pa - ram_base_) / PAGE_SIZE * descriptors_per_table;
    const auto found = pages_.find(pa.pfn());
    return found == pages_.end() ? nullptr : found->second.data();
  }
  [[nodiscard]] std::uint64_t* words_of(PhysAddr pa) {
    return const_cast<std::uint64_t*>(static_cast<const FakeMemory&>(*this).words_of(pa));
  }

  PhysAddr ram_base_;
  std::vector<std::uint64_t> ram_;
  std::map<Pfn, Page> pages_;
  std::uint32_t allocated_ = 0;
  std::uint64_t stores_ = 0;
};

}  // namespace lpaemu::mmu
