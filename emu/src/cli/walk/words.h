// The words that the text and the JSON of `lpaemu walk` share.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "lpaemu/mmu/mappings.h"
#include "lpaemu/mmu/walk.h"

namespace lpaemu::emu {

/// "normal", "device", "strongly-ordered", "unpredictable"
[[nodiscard]] std::string_view memory_name(mmu::MairByte byte);
/// The kind of a range's leaves: "page 4K", "block 2M", "block 1G", "flat".
[[nodiscard]] std::string_view leaf_name(unsigned level);
/// What hardware reads there, by the manual's sections.
[[nodiscard]] std::string_view citation(mmu::Kind kind);
/// The fields of a descriptor that are not zero, from bit 0 up, but for its type and address: "AttrIndx=7 AP1
/// SH=inner".
[[nodiscard]] std::string short_fields(mmu::Descriptor descriptor, mmu::Kind kind);
/// The fields of the descriptor's kind.
[[nodiscard]] std::span<const mmu::FieldInfo> fields_of(mmu::Kind kind);
/// Whether a field is the type or the address, which are shown apart from the others.
[[nodiscard]] bool is_type_or_address(const mmu::FieldInfo& field);

}  // namespace lpaemu::emu
