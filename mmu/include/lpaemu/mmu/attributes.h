// The values of the attribute fields that descriptors and registers share.
#pragma once

#include <cstdint>

#include "lpaemu/mmu/word.h"

namespace lpaemu::mmu {

/// Shareability: SH in leaves, SH0/SH1 in TTBCR. [armv7 B3.8.2]
enum class Sh : std::uint8_t { non_shareable, reserved, outer_shareable, inner_shareable };

/// Cacheability of table walks: IRGNx and ORGNx in TTBCR. [armv7 B4.1.153]
enum class Rgn : std::uint8_t { non_cacheable, write_back_write_allocate, write_through, write_back_no_write_allocate };

/// CPSR.M. [armv7 B1.3.1]
enum class PsrMode : std::uint8_t {
  usr = 0x10,
  fiq = 0x11,
  irq = 0x12,
  svc = 0x13,
  mon = 0x16,
  abt = 0x17,
  hyp = 0x1a,
  und = 0x1b,
  sys = 0x1f,
};

/// Half a MAIR byte: the codes that Linux and ARMv7 have a use for. Bits 1 and 0 of a cacheable code are the read- and
/// write-allocate hints. [lpae-mmu M-25]
enum class MairCode : std::uint8_t {
  strongly_ordered = 0b0000,  // in both halves
  device = 0b0100,            // the inner half, under an outer 0000
  non_cacheable = 0b0100,     // else
  write_through = 0b1000,     // the lowest of the cacheable codes: no allocation hints
  write_through_read_allocate = 0b1010,
  write_back_read_allocate = 0b1110,
  write_back_read_write_allocate = 0b1111,
};

/// One byte of MAIR0/MAIR1.
struct MairByte : Word<std::uint8_t, MairByte> {
  using Word::Word;
};

/// What a MAIR byte makes of a page. ARMv7 leaves some bytes UNPREDICTABLE. [lpae-mmu M-25]
enum class MemoryType : std::uint8_t { strongly_ordered, device, normal, unpredictable };

[[nodiscard]] MemoryType memory_type(MairByte byte);

}  // namespace lpaemu::mmu
