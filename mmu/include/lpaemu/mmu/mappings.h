// All that a regime maps, as ranges: for dumps, comparisons and tests. [armv7 B3.6]
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lpaemu/mmu/address.h"
#include "lpaemu/mmu/attributes.h"
#include "lpaemu/mmu/descriptor.h"
#include "lpaemu/mmu/permissions.h"
#include "lpaemu/mmu/physical_memory.h"
#include "lpaemu/mmu/regime.h"

namespace lpaemu::mmu {

/// What a leaf does to accesses and what software keeps in it; its address is set aside.
struct MappingAttributes {
  unsigned level = 0;  // 1 = 1 GiB blocks, 2 = 2 MiB blocks, 3 = pages; 0 with the MMU off
  Permissions rights;  // effective, as in Translation
  MairByte memory;     // the MAIR byte that AttrIndx picks
  Descriptor flags;    // AF, SH, nG and the software bits of the leaf; all others 0

  friend bool operator==(const MappingAttributes&, const MappingAttributes&) = default;
};

/// Neighbouring leaves, contiguous in VA and PA.
struct Mapping {
  VirtAddr first;
  VirtAddr last;    // the last byte
  PhysAddr pa;      // of `first`
  Descriptor leaf;  // of `first`, as a walk reads it
  MappingAttributes attributes;

  /// The output address of a byte in the range.
  [[nodiscard]] constexpr PhysAddr pa_of(VirtAddr va) const { return pa + std::uint64_t{va - first}; }
  [[nodiscard]] constexpr std::uint64_t bytes() const { return std::uint64_t{last - first} + 1; }
};

/// A table that the tables above name and that lies where there is no memory: every access to the range is an external
/// abort on the walk.
struct MissingTable {
  VirtAddr first;
  VirtAddr last;
  unsigned level;  // of the descriptors that cannot be read
  PhysAddr table;

  friend bool operator==(const MissingTable&, const MissingTable&) = default;
};

/// Both in ascending order of VA, without overlap. A VA in neither gives a translation fault.
struct Mappings {
  std::vector<Mapping> ranges;
  std::vector<MissingTable> missing;
};

/// When neighbours become one range: their attributes are equal; or, more strictly, all bits of the leaf but the output
/// address as well.
enum class Merge : std::uint8_t { equal_attributes, equal_leaves };

/// Everything that the regime maps: both TTBRs, all levels, the entries that TxSZ and EPDx let a walk reach. Leaves
/// with AF = 0 are among them. A table that points to itself is read like any other: there are three levels, so that
/// the work is bounded by the 2^20 pages of the address space.
[[nodiscard]] Mappings mappings_of(const PhysicalMemory& memory, const Regime& regime,
                                   Merge merge = Merge::equal_attributes);

/// Whether `next` goes on where `range` ends, in VA and PA, and may become part of it.
[[nodiscard]] bool continues(const Mapping& range, const Mapping& next, Merge merge);

/// `leaf` without its output address.
[[nodiscard]] constexpr Descriptor without_address(Descriptor leaf) { return leaf::OA.with(leaf, Pfn{}); }

/// "rw-": what the rights allow at one privilege level.
[[nodiscard]] std::string rights_text(Permissions rights, Privilege privilege);

}  // namespace lpaemu::mmu
