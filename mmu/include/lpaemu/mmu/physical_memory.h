// The port through which the MMU and the kernel model reach physical memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "lpaemu/mmu/address.h"
#include "lpaemu/mmu/descriptor.h"

namespace lpaemu::mmu {

/// Physical memory by 40-bit address. Guest RAM of a machine stands behind it, or a map in tests.
class PhysicalMemory {
 public:
  PhysicalMemory() = default;
  PhysicalMemory(const PhysicalMemory&) = delete;
  PhysicalMemory& operator=(const PhysicalMemory&) = delete;
  virtual ~PhysicalMemory() = default;

  /// The little-endian 64-bit word at `pa`, one single-copy atomic access; nothing where there is no memory.
  /// Requires: pa is a multiple of 8.
  [[nodiscard]] virtual std::optional<std::uint64_t> read64(PhysAddr pa) const = 0;

  /// Stores a word; false where there is no memory. Requires: pa is a multiple of 8.
  [[nodiscard]] virtual bool write64(PhysAddr pa, std::uint64_t value) = 0;

  /// The 4096 bytes of the page that holds `pa`; empty where there is no memory. Valid as long as the memory lives.
  /// A sweep over a page table may store descriptors here, whole words, in place of a write64 for each.
  [[nodiscard]] virtual std::span<std::byte> page(PhysAddr pa) = 0;

  /// The same page seen as 512 descriptors, to read in walks and sweeps; empty where there is no memory.
  [[nodiscard]] virtual std::span<const std::uint64_t> table(PhysAddr pa) const = 0;
};

}  // namespace lpaemu::mmu
