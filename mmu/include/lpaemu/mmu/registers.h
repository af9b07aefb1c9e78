// System registers as typed views: `TTBCR::T0SZ.get(ttbcr)`. Rows come from registers.inc.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "lpaemu/mmu/address.h"
#include "lpaemu/mmu/attributes.h"
#include "lpaemu/mmu/field.h"
#include "lpaemu/mmu/word.h"

namespace lpaemu::mmu {

struct Ttbcr : Word<std::uint32_t, Ttbcr> {
  using Word::Word;
};
struct Ttbr : Word<std::uint64_t, Ttbr> {
  using Word::Word;
};
struct Sctlr : Word<std::uint32_t, Sctlr> {
  using Word::Word;
};
struct Dfsr : Word<std::uint32_t, Dfsr> {
  using Word::Word;
};
struct Ifsr : Word<std::uint32_t, Ifsr> {
  using Word::Word;
};
/// MAIR1 in the high word, MAIR0 in the low one, so that byte n is AttrIndx n.
struct Mair : Word<std::uint64_t, Mair> {
  using Word::Word;
};
/// PAR::F tells whether the fields are those of PAR or of PAR_FAULT.
struct Par : Word<std::uint64_t, Par> {
  using Word::Word;
};
struct Psr : Word<std::uint32_t, Psr> {
  using Word::Word;
};

// clang-format off: it cannot read macros that open and close a namespace.
// Pass 1: a namespace per register with its fields as accessors.
#define REGISTER(NAME, bits, title, access) namespace NAME {
#define F(hi, lo, NAME, type, meaning, citation) inline constexpr BitField<hi, lo, type> NAME{};
#define END_REGISTER(NAME, bits) }
#include "lpaemu/mmu/registers.inc"
#undef REGISTER
#undef F
#undef END_REGISTER

// Pass 2: the same rows as data, and the proof that they tile the register.
#define REGISTER(NAME, bits, title, access) namespace NAME { inline constexpr std::array fields{
#define F(hi, lo, NAME, type, meaning, citation) FieldInfo{hi, lo, #NAME, meaning, citation},
#define END_REGISTER(NAME, bits) }; static_assert(tiles(fields, bits)); }
#include "lpaemu/mmu/registers.inc"
#undef REGISTER
#undef F
#undef END_REGISTER

// clang-format on

/// A whole register as data.
struct RegisterInfo {
  std::string_view name;
  unsigned bits;
  std::string_view title;
  std::string_view access;
  std::span<const FieldInfo> fields;
};

// Pass 3: the list of all registers.
#define REGISTER(NAME, bits, title, access) RegisterInfo{#NAME, bits, title, access, NAME::fields},
#define F(hi, lo, NAME, type, meaning, citation)
#define END_REGISTER(NAME, bits)
inline constexpr std::array register_tables{
#include "lpaemu/mmu/registers.inc"
};
#undef REGISTER
#undef F
#undef END_REGISTER

/// The MAIR byte of a memory attribute index (0 to 7). [lpae-mmu M-23]
[[nodiscard]] constexpr MairByte mair_byte(Mair mair, unsigned attr_indx) {
  return MairByte{static_cast<std::uint8_t>(mair.raw() >> (decltype(MAIR::Attr0)::width * attr_indx))};
}

}  // namespace lpaemu::mmu
