// The guest's physical memory: one host mapping that the engine, the MMU and the kernel model share.
#pragma once

#include <cstring>
#include <memory>

#include "lpaemu/emu/error.h"
#include "lpaemu/mmu/physical_memory.h"

namespace lpaemu::emu {

/// One region of zeroed RAM. Nothing of it is resident until it is touched.
class GuestRam final : public mmu::PhysicalMemory {
 public:
  /// Above 4 GiB, so that a truncated physical address shows at once.
  static constexpr mmu::PhysAddr default_base{0x880000000};
  /// The engine drops translated code by 32-bit RAM offsets.
  static constexpr std::uint64_t max_bytes = std::uint64_t{1} << 32;

  /// Reserves `bytes` of RAM at `base`. Fails when they are no whole pages, do not lie within 40 bits, are more than
  /// max_bytes, or when the host has no room.
  [[nodiscard]] static Expected<std::unique_ptr<GuestRam>, Error> reserve(mmu::PhysAddr base, std::uint64_t bytes);
  ~GuestRam() override;

  [[nodiscard]] mmu::PhysAddr base() const { return base_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] std::byte* host() { return host_; }

  /// Whether the byte at `pa` is RAM. The region is whole pages: then so are all bytes of its page.
  [[nodiscard]] bool contains(mmu::PhysAddr pa) const { return pa - base_ < size_; }
  /// The number of the page that holds `pa`, from 0. Requires: contains(pa).
  [[nodiscard]] std::size_t page_index(mmu::PhysAddr pa) const {
    return static_cast<std::size_t>((pa - base_) / mmu::PAGE_SIZE);
  }

  // PhysicalMemory. Host and guest are little-endian.
  [[nodiscard]] std::optional<std::uint64_t> read64(mmu::PhysAddr pa) const override {
    if (!contains(pa)) [[unlikely]]
      return std::nullopt;
    std::uint64_t value;
    std::memcpy(&value, host_ + (pa - base_), sizeof value);
    return value;
  }
  [[nodiscard]] bool write64(mmu::PhysAddr pa, std::uint64_t value) override {
    if (!contains(pa)) [[unlikely]]
      return false;
    std::memcpy(host_ + (pa - base_), &value, sizeof value);
    return true;
  }
  [[nodiscard]] std::span<std::byte> page(mmu::PhysAddr pa) override {
    if (!contains(pa)) return {};
    return {host_ + (pa.page() - base_), mmu::PAGE_SIZE};
  }
  [[nodiscard]] std::span<const std::uint64_t> table(mmu::PhysAddr pa) const override;

 private:
  GuestRam(mmu::PhysAddr base, std::uint64_t bytes, std::byte* host) : base_{base}, size_{bytes}, host_{host} {}

  mmu::PhysAddr base_;
  std::uint64_t size_;
  std::byte* host_;
};

}  // namespace lpaemu::emu
