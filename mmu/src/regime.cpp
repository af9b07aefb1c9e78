#include "lpaemu/mmu/regime.h"

#include <limits>

#include "lpaemu/mmu/assert.h"

namespace lpaemu::mmu {
namespace {

constexpr std::uint32_t highest = std::numeric_limits<std::uint32_t>::max();
constexpr unsigned address_bits = 32;

/// The table of a region of 2^(32-txsz) bytes. [armv7 B3.6.6] [lpae-mmu M-13]
WalkStart start_of(Ttbr ttbr, unsigned txsz) {
  const unsigned level = txsz < 2 ? 1 : 2;  // less than 2 GiB needs no level 1
  const unsigned index_bits = address_bits - txsz - level_shift(level);
  const std::uint64_t table_bytes = std::uint64_t{descriptor_bytes} << index_bits;
  return WalkStart{PhysAddr{TTBR::BADDR.get(ttbr) & ~(table_bytes - 1)}, level, index_bits};
}

}  // namespace

Regime::Regime(const TranslationRegisters& registers)
    : registers_{registers},
      permissions_{&permission_table(registers.sctlr)},
      mmu_enabled_{SCTLR::M.get(registers.sctlr)},
      wxn_{SCTLR::WXN.get(registers.sctlr)},
      uwxn_{SCTLR::UWXN.get(registers.sctlr)},
      big_endian_tables_{SCTLR::EE.get(registers.sctlr)} {
  if (!mmu_enabled_) return;
  const Ttbcr ttbcr = registers.ttbcr;
  LPAEMU_ASSERT(TTBCR::EAE.get(ttbcr), "TTBCR {:#x}: the short-descriptor format is not modelled", ttbcr.raw());

  // Region selection. [armv7 B3.6.4] [lpae-mmu 2.1]
  const unsigned t0sz = TTBCR::T0SZ.get(ttbcr);
  const unsigned t1sz = TTBCR::T1SZ.get(ttbcr);
  const std::uint32_t t0_last = highest >> t0sz;
  const std::uint32_t t1_first = t1sz == 0 ? t0_last + 1 : ~(highest >> t1sz);
  const std::uint32_t t0_end = t0sz == 0 && t1sz != 0 ? t1_first - 1 : t0_last;
  const bool ttbr1_used = t0sz != 0 || t1sz != 0;
  if (!TTBCR::EPD0.get(ttbcr)) regions_[0] = {0, t0_end, start_of(registers.ttbr0, t0sz)};
  if (ttbr1_used && !TTBCR::EPD1.get(ttbcr)) regions_[1] = {t1_first, highest, start_of(registers.ttbr1, t1sz)};
}

Asid Regime::asid() const {
  return TTBR::ASID.get(TTBCR::A1.get(registers_.ttbcr) ? registers_.ttbr1 : registers_.ttbr0);
}

MemoryType Regime::memory_type_of(Descriptor leaf) const {
  if (!mmu_enabled_) return MemoryType::strongly_ordered;  // [armv7 B3.2]
  return memory_type(mair_byte(registers_.mair, leaf::AttrIndx.get(leaf)));
}

}  // namespace lpaemu::mmu
