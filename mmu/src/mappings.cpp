#include "lpaemu/mmu/mappings.h"

#include <algorithm>
#include <limits>

namespace lpaemu::mmu {
namespace {

constexpr std::uint32_t highest = std::numeric_limits<std::uint32_t>::max();

/// The bits of a leaf that are neither rights, nor memory type, nor address, and yet tell mappings apart.
constexpr Descriptor flags_of(Descriptor leaf) {
  return Descriptor{leaf.raw() &
                    (leaf::AF.mask | leaf::SH.mask | leaf::nG.mask | leaf::DIRTY.mask | leaf::SPECIAL.mask |
                     leaf::NONE.mask | leaf::RDONLY.mask | leaf::SOFT_DIRTY.mask | leaf::IGNORED.mask)};
}

/// Reads the tables from the lowest address to the highest.
class Sweep {
 public:
  Sweep(const PhysicalMemory& memory, const Regime& regime, Merge merge)
      : memory_{memory}, regime_{regime}, merge_{merge} {}

  Mappings run() {
    if (!regime_.mmu_enabled()) {  // [armv7 B3.2]
      add({VirtAddr{0}, VirtAddr{highest}, PhysAddr{}, Descriptor{}, {0, Permissions::all(), MairByte{}, {}}});
      return std::move(mappings_);
    }
    // The regions, from the same function that a walk asks. They consist of whole entries of level 2.
    constexpr std::uint32_t grain = std::uint32_t{1} << level_shift(2);
    constexpr std::uint64_t end = std::uint64_t{highest} + 1;
    for (std::uint64_t first = 0; first < end;) {
      const WalkStart* const start = regime_.start(VirtAddr{static_cast<std::uint32_t>(first)});
      std::uint64_t next = first + grain;
      while (next < end && regime_.start(VirtAddr{static_cast<std::uint32_t>(next)}) == start) next += grain;
      if (start != nullptr) {
        const auto last = static_cast<std::uint32_t>(next - 1);
        read_table(VirtAddr{static_cast<std::uint32_t>(first)}, VirtAddr{last}, *start, TableLimits{});
      }
      first = next;
    }
    return std::move(mappings_);
  }

 private:
  /// The entries for `first` to `last` of one table. An entry may reach beyond: a region can end inside of it.
  void read_table(VirtAddr first, VirtAddr last, const WalkStart& table, TableLimits limits) {
    const auto words = memory_.table(table.table);  // no table crosses a page
    if (words.empty()) {
      mappings_.missing.push_back({first, last, table.level, table.table});
      return;
    }
    const std::uint32_t entry_bytes = std::uint32_t{1} << level_shift(table.level);
    for (VirtAddr va = first;;) {
      const VirtAddr entry_last = std::min(last, VirtAddr{va.raw() | (entry_bytes - 1)});
      const std::uint64_t raw = words[table.entry_of(va).page_offset() / descriptor_bytes];
      const Descriptor d{regime_.big_endian_tables() ? __builtin_bswap64(raw) : raw};  // [lpae-mmu 6, SCTLR.EE]
      read_entry(va, entry_last, d, table.level, limits);
      if (entry_last == last) return;
      va = entry_last + 1;
    }
  }

  void read_entry(VirtAddr first, VirtAddr last, Descriptor d, unsigned level, TableLimits limits) {
    switch (kind_of(d, level)) {  // [armv7 B3.6.1]
      case Kind::invalid: return;
      case Kind::table:
        limits.narrow(d);
        return read_table(first, last, {next_table(d), level + 1, bits_per_level}, limits);
      case Kind::block:
      case Kind::page: break;
    }
    const MairByte memory = mair_byte(regime_.registers().mair, leaf::AttrIndx.get(d));
    add({first,
         last,
         output_address(d, first, level),
         d,
         {level, regime_.permissions().of(d, limits), memory, flags_of(d)}});
  }

  void add(const Mapping& mapping) {
    auto& ranges = mappings_.ranges;
    if (!ranges.empty() && continues(ranges.back(), mapping, merge_))
      ranges.back().last = mapping.last;
    else
      ranges.push_back(mapping);
  }

  const PhysicalMemory& memory_;
  const Regime& regime_;
  Merge merge_;
  Mappings mappings_;
};

}  // namespace

Mappings mappings_of(const PhysicalMemory& memory, const Regime& regime, Merge merge) {
  return Sweep{memory, regime, merge}.run();
}

bool continues(const Mapping& range, const Mapping& next, Merge merge) {
  const bool adjacent = range.last + 1 == next.first && next.first > range.first &&
                        range.pa + range.bytes() == next.pa && next.pa > range.pa;
  if (!adjacent || range.attributes != next.attributes) return false;
  return merge == Merge::equal_attributes || without_address(range.leaf) == without_address(next.leaf);
}

std::string rights_text(Permissions rights, Privilege privilege) {
  std::string text = "---";
  if (rights.allows(Access::read, privilege)) text[0] = 'r';
  if (rights.allows(Access::write, privilege)) text[1] = 'w';
  if (rights.allows(Access::execute, privilege)) text[2] = 'x';
  return text;
}

}  // namespace lpaemu::mmu
