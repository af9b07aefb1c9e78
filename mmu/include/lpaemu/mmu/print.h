// The one pretty-printer of descriptors, registers, faults and walks.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "lpaemu/mmu/fault.h"
#include "lpaemu/mmu/format.h"
#include "lpaemu/mmu/linux_pte.h"
#include "lpaemu/mmu/walk.h"

namespace lpaemu::mmu {

/// `0x8000001234`
[[nodiscard]] std::string to_string(PhysAddr pa);
/// `0x00012345`
[[nodiscard]] std::string to_string(VirtAddr va);
/// "translation", "access flag", "permission", ...
[[nodiscard]] std::string_view to_string(FaultKind kind);
[[nodiscard]] std::string_view to_string(Access access);

/// One line: "level 3 permission fault on a write at 0x00001234 (DFSR 0xa0f)".
[[nodiscard]] std::string describe(const Fault& fault);

/// One line for people: "0x08e0000123456f5f user rw- dirty young soft-dirty nG SH=inner mt=7 pa=0x123456000".
[[nodiscard]] std::string describe(Pte pte);

/// One line a field that is not zero, from a field table: "  [58] RDONLY = 1  software: L_PTE_RDONLY".
[[nodiscard]] std::string describe_fields(std::span<const FieldInfo> fields, std::uint64_t raw);

/// How a field's value changes from one word to the other: "AP2 1->0".
[[nodiscard]] std::string describe_change(const FieldInfo& field, std::uint64_t before, std::uint64_t after);

/// The names of the fields in which two leaf values differ, with their old and new values: "AP2 1->0, DIRTY 0->1".
[[nodiscard]] std::string describe_changes(Pte before, Pte after);

}  // namespace lpaemu::mmu
