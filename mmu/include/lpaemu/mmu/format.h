// fmt formatters of addresses and descriptors: fmt::format("{}", va) gives 0x00012345.
#pragma once

#include <fmt/format.h>

#include "lpaemu/mmu/address.h"
#include "lpaemu/mmu/descriptor.h"
#include "lpaemu/mmu/linux_pmd.h"
#include "lpaemu/mmu/linux_pte.h"

namespace lpaemu::mmu {

/// `{}` only: hexadecimal with 0x and at least `digits` digits.
template <class T, int digits>
struct HexFormatter {
  constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }
  template <class Context>
  auto format(T value, Context& context) const {
    constexpr int prefix = 2;
    return fmt::format_to(context.out(), "{:#0{}x}", value.raw(), digits + prefix);
  }
};

}  // namespace lpaemu::mmu

template <>
struct fmt::formatter<lpaemu::mmu::VirtAddr> : lpaemu::mmu::HexFormatter<lpaemu::mmu::VirtAddr, 8> {};
template <>
struct fmt::formatter<lpaemu::mmu::PhysAddr> : lpaemu::mmu::HexFormatter<lpaemu::mmu::PhysAddr, 1> {};
template <>
struct fmt::formatter<lpaemu::mmu::Pfn> : lpaemu::mmu::HexFormatter<lpaemu::mmu::Pfn, 1> {};
template <>
struct fmt::formatter<lpaemu::mmu::Descriptor> : lpaemu::mmu::HexFormatter<lpaemu::mmu::Descriptor, 16> {};
template <>
struct fmt::formatter<lpaemu::mmu::Pte> : lpaemu::mmu::HexFormatter<lpaemu::mmu::Pte, 16> {};
template <>
struct fmt::formatter<lpaemu::mmu::Pmd> : lpaemu::mmu::HexFormatter<lpaemu::mmu::Pmd, 16> {};
template <>
struct fmt::formatter<lpaemu::mmu::Pgprot> : lpaemu::mmu::HexFormatter<lpaemu::mmu::Pgprot, 16> {};
