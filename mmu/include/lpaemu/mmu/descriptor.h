// A 64-bit long-format descriptor: its kind at a level, its fields, and the addresses it names. [armv7 B3.6.1]
#pragma once

#include <array>
#include <cstdint>

#include "lpaemu/mmu/address.h"
#include "lpaemu/mmu/attributes.h"
#include "lpaemu/mmu/field.h"
#include "lpaemu/mmu/word.h"

namespace lpaemu::mmu {

struct Descriptor : Word<std::uint64_t, Descriptor> {
  using Word::Word;
};

/// The fields of a block or page: `leaf::AF.get(d)`, `leaf::AF.with(d, true)`. They serve Descriptor and Pte alike.
namespace leaf {
#define F(hi, lo, NAME, type, meaning, citation) inline constexpr BitField<hi, lo, type> NAME{};
#include "lpaemu/mmu/leaf_fields.inc"
#undef F
#define F(hi, lo, NAME, type, meaning, citation) FieldInfo{hi, lo, #NAME, meaning, citation},
inline constexpr std::array fields{
#include "lpaemu/mmu/leaf_fields.inc"
};
#undef F
static_assert(tiles(fields, 64));
}  // namespace leaf

/// The fields of a table descriptor.
namespace table {
#define F(hi, lo, NAME, type, meaning, citation) inline constexpr BitField<hi, lo, type> NAME{};
#include "lpaemu/mmu/table_fields.inc"
#undef F
#define F(hi, lo, NAME, type, meaning, citation) FieldInfo{hi, lo, #NAME, meaning, citation},
inline constexpr std::array fields{
#include "lpaemu/mmu/table_fields.inc"
};
#undef F
static_assert(tiles(fields, 64));
}  // namespace table

inline constexpr unsigned first_level = 1;
inline constexpr unsigned last_level = 3;
inline constexpr unsigned bits_per_level = 9;
inline constexpr unsigned descriptors_per_table = 1U << bits_per_level;
inline constexpr unsigned descriptor_bytes = sizeof(std::uint64_t);

/// log2 of the bytes that one entry of this level maps: 30, 21, 12 for levels 1, 2, 3.
[[nodiscard]] constexpr unsigned level_shift(unsigned level) {
  return PAGE_SHIFT + bits_per_level * (last_level - level);
}

/// Index of `va` in a full table of this level.
[[nodiscard]] constexpr unsigned index_at(VirtAddr va, unsigned level) {
  return (va.raw() >> level_shift(level)) % descriptors_per_table;
}

enum class Kind : std::uint8_t { invalid, table, block, page };

/// What bits [1:0] mean at this level (1 to 3). [armv7 B3.6.1] [lpae-mmu M-17, M-18]
[[nodiscard]] constexpr Kind kind_of(Descriptor d, unsigned level) {
  if (!leaf::VALID.get(d)) return Kind::invalid;
  if (leaf::TYPE.get(d)) return level == last_level ? Kind::page : Kind::table;
  return level == last_level ? Kind::invalid : Kind::block;  // level 3 with 01 is reserved
}

/// A table descriptor without hierarchical attributes: PA | 3. [linux-lpae-pte P-4]
[[nodiscard]] constexpr Descriptor table_descriptor(Pfn next) {
  return table::VALID.with(table::TYPE.with(table::NextTable.with(Descriptor{}, next), true), true);
}

/// Where a table descriptor points. [lpae-mmu M-14]
[[nodiscard]] constexpr PhysAddr next_table(Descriptor d) { return PhysAddr{table::NextTable.get(d)}; }

/// The physical address of `va` under a block or page descriptor of this level. [lpae-mmu M-15]
[[nodiscard]] constexpr PhysAddr output_address(Descriptor d, VirtAddr va, unsigned level) {
  const std::uint64_t offset_mask = (std::uint64_t{1} << level_shift(level)) - 1;
  const std::uint64_t base = PhysAddr{leaf::OA.get(d)}.raw();
  return PhysAddr{(base & ~offset_mask) | (va.raw() & offset_mask)};
}

}  // namespace lpaemu::mmu
