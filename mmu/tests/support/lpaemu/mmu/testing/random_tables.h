// Random translation tables, registers and addresses, for the judges of the walk. Header only.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include "lpaemu/mmu/assert.h"
#include "lpaemu/mmu/physical_memory.h"
#include "lpaemu/mmu/regime.h"

namespace lpaemu::mmu::testing {

/// One chance in `n`.
inline bool one_in(std::mt19937_64& random, unsigned n) { return random() % n == 0; }

/// Pages full of random descriptors, most of which point to pages of the set: any page serves as a table of any level.
class RandomTables {
 public:
  /// Overwrites `pages`. Requires: they are pages of `memory`.
  RandomTables(std::mt19937_64& random, PhysicalMemory& memory, std::vector<PhysAddr> pages)
      : random_{random}, big_endian_{one_in(random, 4)}, memory_{memory}, pages_{std::move(pages)} {
    for (const PhysAddr page : pages_)
      for (unsigned i = 0; i < descriptors_per_table; ++i) store(page + i * descriptor_bytes, descriptor());
  }

  [[nodiscard]] bool big_endian() const { return big_endian_; }
  [[nodiscard]] PhysAddr some_page() { return pages_[random_() % pages_.size()]; }
  /// Requires: there is memory at `entry`.
  void flip(PhysAddr entry, unsigned bit) { store_raw(entry, *memory_.read64(entry) ^ std::uint64_t{1} << bit); }

 private:
  std::uint64_t descriptor() {
    constexpr std::uint64_t address_bits = 0xff'ffff'f000;
    const std::uint64_t choice = random_();
    constexpr std::array<std::uint64_t, 16> types{3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 1, 1, 1, 0, 2};
    std::uint64_t d = (random_() & ~std::uint64_t{3}) | types[choice % 16];
    if ((choice >> 4) % 16 != 0) d = (d & ~address_bits) | some_page().raw();  // else an address without memory, mostly
    if ((choice >> 8) % 4 != 0) d &= ~(std::uint64_t{0xf} << 59);              // few limits, or little would be left
    if ((choice >> 10) % 4 != 0) d &= ~(std::uint64_t{0xfff} << 40);
    if ((choice >> 12) % 8 != 0) d |= 1U << 10;  // AF
    return d;
  }
  void store(PhysAddr pa, std::uint64_t value) { store_raw(pa, big_endian_ ? __builtin_bswap64(value) : value); }
  void store_raw(PhysAddr pa, std::uint64_t value) {
    LPAEMU_ASSERT(memory_.write64(pa, value), "no memory at {:#x}", pa.raw());
  }

  std::mt19937_64& random_;
  bool big_endian_;
  PhysicalMemory& memory_;
  std::vector<PhysAddr> pages_;
};

inline TranslationRegisters random_registers(std::mt19937_64& random, RandomTables& tables) {
  constexpr std::uint32_t m = 1U << 0;
  constexpr std::uint32_t ee = 1U << 25;
  constexpr std::uint32_t eae = 1U << 31;
  constexpr std::uint32_t epd0_epd1 = 1U << 7 | 1U << 23;
  const auto ttbr = [&] {
    constexpr std::uint64_t above_40 = ~std::uint64_t{0} << 40;
    if (one_in(random, 32)) return Ttbr{random()};  // nowhere
    return Ttbr{(random() & (above_40 | 0xfff)) | tables.some_page().raw()};
  };
  auto ttbcr = static_cast<std::uint32_t>(random()) | eae;
  if (!one_in(random, 4)) ttbcr &= ~epd0_epd1;
  const Ttbr ttbr0 = ttbr();
  const Ttbr ttbr1 = ttbr();
  const Mair mair{random()};
  std::uint32_t sctlr = static_cast<std::uint32_t>(random()) & ~ee;
  if (tables.big_endian() != one_in(random, 16)) sctlr |= ee;  // rarely the wrong way round
  sctlr = one_in(random, 16) ? sctlr & ~m : sctlr | m;
  return {Ttbcr{ttbcr}, ttbr0, ttbr1, mair, Sctlr{sctlr}};
}

/// Anywhere, or in one of the two regions, or at the edge of one.
inline VirtAddr random_address(std::mt19937_64& random, Ttbcr ttbcr) {
  const std::uint64_t choice = random();
  const auto va = static_cast<std::uint32_t>(random());
  const unsigned t0sz = ttbcr.raw() & 7;
  const unsigned t1sz = ttbcr.raw() >> 16 & 7;
  switch (choice % 8) {
    case 0:
    case 1: return VirtAddr{va};
    case 2:
    case 3:
    case 4: return VirtAddr{va >> t0sz};
    case 5:
    case 6: return VirtAddr{~(va >> t1sz)};
    default: break;
  }
  const std::uint32_t edge = (choice & 8) != 0 ? 0xffff'ffff >> t0sz : ~(0xffff'ffff >> t1sz);
  return VirtAddr{edge + va % 5 - 2};
}

}  // namespace lpaemu::mmu::testing
