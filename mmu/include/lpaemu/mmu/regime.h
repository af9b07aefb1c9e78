// A translation regime: from the registers to "which table does this address start in". [armv7 B3.6.4, B3.6.6]
#pragma once

#include <array>
#include <cstdint>

#include "lpaemu/mmu/address.h"
#include "lpaemu/mmu/descriptor.h"
#include "lpaemu/mmu/permissions.h"
#include "lpaemu/mmu/registers.h"

namespace lpaemu::mmu {

/// The registers that decide a PL1&0 stage 1 translation.
struct TranslationRegisters {
  Ttbcr ttbcr;
  Ttbr ttbr0;
  Ttbr ttbr1;
  Mair mair;
  Sctlr sctlr;
};

/// Where a walk begins: the table's base, its level and the number of index bits that this region uses.
struct WalkStart {
  PhysAddr table;
  unsigned level;
  unsigned index_bits;

  /// The address of the descriptor that the walk of `va` reads first.
  [[nodiscard]] constexpr PhysAddr entry_of(VirtAddr va) const {
    const std::uint32_t index = (va.raw() >> level_shift(level)) & ((1U << index_bits) - 1);
    return table + std::uint64_t{index} * descriptor_bytes;
  }
};

/// The registers, decoded once so that each walk is short. Requires: TTBCR.EAE is 1 or SCTLR.M is 0.
class Regime {
 public:
  explicit Regime(const TranslationRegisters& registers);

  [[nodiscard]] const TranslationRegisters& registers() const { return registers_; }
  [[nodiscard]] bool mmu_enabled() const { return mmu_enabled_; }
  [[nodiscard]] bool wxn() const { return wxn_; }
  [[nodiscard]] bool uwxn() const { return uwxn_; }
  [[nodiscard]] bool big_endian_tables() const { return big_endian_tables_; }

  /// The ASID that TTBCR.A1 selects. [lpae-mmu M-6, M-57]
  [[nodiscard]] Asid asid() const;

  /// Normal memory, or Device or Strongly-ordered, where unaligned accesses fault. [lpae-mmu M-24, M-27, M-44]
  /// With the MMU off data accesses are Strongly-ordered, whatever `leaf` is.
  [[nodiscard]] MemoryType memory_type_of(Descriptor leaf) const;

  /// The rights of leaves under SCTLR.WXN and UWXN.
  [[nodiscard]] const PermissionTable& permissions() const { return *permissions_; }

  /// Where the walk of `va` begins; null in the gap between the regions or where EPDx forbids walks: a translation
  /// fault at level 1. Valid as long as the regime. [lpae-mmu M-7, M-8]
  [[nodiscard]] const WalkStart* start(VirtAddr va) const {
    for (const Region& region : regions_)
      if (va.raw() >= region.first && va.raw() <= region.last) return &region.start;
    return nullptr;
  }

 private:
  /// Nothing lies in it while it is as constructed: the first address is behind the last.
  struct Region {
    std::uint32_t first = 1;
    std::uint32_t last = 0;
    WalkStart start{};
  };

  TranslationRegisters registers_;
  std::array<Region, 2> regions_{};
  const PermissionTable* permissions_;
  bool mmu_enabled_;
  bool wxn_;
  bool uwxn_;
  bool big_endian_tables_;
};

}  // namespace lpaemu::mmu
