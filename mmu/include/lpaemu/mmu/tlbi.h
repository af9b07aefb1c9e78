// The TLB maintenance operations: their encodings, what each removes, and their operand. [armv7 B3.10] [lpae-mmu 9.1]
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "lpaemu/mmu/access.h"
#include "lpaemu/mmu/address.h"
#include "lpaemu/mmu/field.h"
#include "lpaemu/mmu/word.h"

namespace lpaemu::mmu {

/// One operation by its architectural name. The Hyp forms (opc1 = 4) and ARMv8's last-level forms are not modelled.
enum class Tlbi : std::uint8_t {
#define T(CRm, opc2, NAME, target, side, reach, citation) NAME,
#include "lpaemu/mmu/tlbi.inc"
#undef T
};

/// What an operation removes. [lpae-mmu M-50]
enum class TlbiTarget : std::uint8_t {
  all,           // everything; Rt is ignored
  mva,           // what translates this address, if global or of this ASID
  asid,          // what is not global and of this ASID
  mva_any_asid,  // what translates this address
};

/// Which TLB an operation reaches on a CPU with separate ones.
enum class TlbiSide : std::uint8_t { unified, instruction, data };

/// Whose TLB: this CPU's, or those of all CPUs of the inner shareable domain.
enum class TlbiReach : std::uint8_t { local, inner_shareable };

/// A row of tlbi.inc.
struct TlbiInfo {
  Tlbi operation;
  unsigned crm;
  unsigned opc2;
  std::string_view name;
  TlbiTarget target;
  TlbiSide side;
  TlbiReach reach;
  std::string_view citation;
};

inline constexpr std::array tlbi_table{
#define T(CRm, opc2, NAME, target, side, reach, citation) \
  TlbiInfo{Tlbi::NAME, CRm, opc2, #NAME, TlbiTarget::target, TlbiSide::side, TlbiReach::reach, citation},
#include "lpaemu/mmu/tlbi.inc"
#undef T
};

[[nodiscard]] constexpr const TlbiInfo& tlbi_info(Tlbi operation) {
  return tlbi_table[static_cast<std::size_t>(operation)];
}

/// The operation behind MCR p15, 0, Rt, c8, CRm, opc2. Nothing: UNDEFINED, as all are at PL0. [lpae-mmu M-52]
[[nodiscard]] constexpr std::optional<Tlbi> decode_tlbi(unsigned crm, unsigned opc2, Privilege privilege) {
  if (privilege == Privilege::pl0) return std::nullopt;
  for (const TlbiInfo& row : tlbi_table)
    if (row.crm == crm && row.opc2 == opc2) return row.operation;
  return std::nullopt;
}

/// Rt.
struct TlbiOperand : Word<std::uint32_t, TlbiOperand> {
  using Word::Word;
};

/// Its fields.
namespace tlbi_operand {
#define F(hi, lo, NAME, type, meaning, citation) inline constexpr BitField<hi, lo, type> NAME{};
#include "lpaemu/mmu/tlbi_operand_fields.inc"
#undef F
#define F(hi, lo, NAME, type, meaning, citation) FieldInfo{hi, lo, #NAME, meaning, citation},
inline constexpr std::array fields{
#include "lpaemu/mmu/tlbi_operand_fields.inc"
};
#undef F
static_assert(tiles(fields, 32));
}  // namespace tlbi_operand

/// The operand that names the page of `va` and an ASID.
[[nodiscard]] constexpr TlbiOperand tlbi_rt(VirtAddr va, Asid asid = Asid{}) {
  return tlbi_operand::ASID.with(tlbi_operand::MVA.with(TlbiOperand{}, va.page_number()), asid);
}
[[nodiscard]] constexpr TlbiOperand tlbi_rt(Asid asid) { return tlbi_operand::ASID.with(TlbiOperand{}, asid); }

}  // namespace lpaemu::mmu
