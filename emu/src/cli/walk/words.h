// The words that the text and the JSON of `lpaemu walk` share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lpaemu/mmu/mappings.h"
#include "lpaemu/mmu/walk.h"

namespace lpaemu::emu {

/// "normal", "device", "strongly-ordered", "unpredictable"
[[nodiscard]] std::string_view memory_name(mmu::MairByte byte);
/// The kind of a range's leaves: "page 4K", "block 2M", "block 1G", "flat".
[[nodiscard]] std::string_view leaf_name(unsigned level);
/// What hardware reads there, by the manual's sections.
[[nodiscard]] std::string_view citation(mmu::Kind kind);
/// Fields of a word that are not zero, from bit 0 up.
using SetFields = std::vector<mmu::FieldInfo>;
/// Those of a descriptor, but for its type and address, which are shown apart. An invalid word's are all there: it is
/// read as Linux reads it.
[[nodiscard]] SetFields set_fields(const mmu::WalkStep& step);
/// Those of a range's leaves, without type and address.
[[nodiscard]] SetFields set_fields(const mmu::MappingAttributes& attributes);
/// "AttrIndx=0x7 AP1 SH=inner"
[[nodiscard]] std::string short_text(const SetFields& fields, mmu::Descriptor descriptor);

}  // namespace lpaemu::emu
