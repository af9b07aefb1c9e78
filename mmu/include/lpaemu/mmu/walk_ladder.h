// The ladder behind walk(), as a template: for the one caller that runs it at every soft-TLB miss, knows the type of
// its memory and needs only a few words of the result.
#pragma once

#include "lpaemu/mmu/walk.h"

namespace lpaemu::mmu {

/// walk() for a Memory whose read64 can be inlined. `Result` has static functions `translation(const Translation&)` and
/// `fault(const Fault&)` that make one: where it fits into registers nothing is copied through memory.
/// Always inlined, so that a constant privilege or observer shortens the ladder.
template <class Result, class Memory>
[[nodiscard, gnu::always_inline]] inline Result walk_as(const Memory& memory, const Regime& regime, VirtAddr va,
                                                        Access access, Privilege privilege,
                                                        WalkObserver* observer = nullptr) {
  const auto fault = [&](FaultKind kind, unsigned level) {
    return Result::fault(Fault{kind, level, va, access, privilege});
  };

  if (!regime.mmu_enabled())  // [armv7 B3.2]
    return Result::translation({PhysAddr{std::uint64_t{va.raw()}}, 0, Descriptor{}, PhysAddr{}, Permissions::all()});

  const WalkStart* const start = regime.start(va);
  if (start == nullptr) return fault(FaultKind::translation, first_level);  // [lpae-mmu M-7, M-8]

  TableLimits limits;
  PhysAddr entry = start->entry_of(va);
#pragma GCC unroll 3  // makes shifts and types of each level constants
  for (unsigned level = first_level; level <= last_level; ++level) {
    if (level < start->level) continue;
    const auto raw = memory.read64(entry);
    if (!raw) return fault(FaultKind::external_abort_on_walk, level);
    const Descriptor d{regime.big_endian_tables() ? __builtin_bswap64(*raw) : *raw};  // [lpae-mmu 6, SCTLR.EE]
    const Kind kind = kind_of(d, level);
    if (observer != nullptr) {
      const PhysAddr table = level == start->level ? start->table : entry.page();
      const auto index = static_cast<unsigned>((entry - table) / descriptor_bytes);
      observer->on_step(WalkStep{va, level, table, index, entry, d, kind});
    }

    switch (kind) {  // [armv7 B3.6.1]
      case Kind::invalid: return fault(FaultKind::translation, level);
      case Kind::table:
        limits.narrow(d);
        entry = next_table(d) + std::uint64_t{index_at(va, level + 1)} * descriptor_bytes;
        continue;
      case Kind::block:
      case Kind::page: break;
    }

    if (!leaf::AF.get(d)) return fault(FaultKind::access_flag, level);  // [armv7 B3.7.3] [lpae-mmu M-32]
    const Permissions permissions = permissions_of(d, limits, regime);
    if (!permissions.allows(access, privilege)) return fault(FaultKind::permission, level);
    return Result::translation({output_address(d, va, level), level, d, entry, permissions});
  }
  __builtin_unreachable();  // there are no tables at the last level
}

}  // namespace lpaemu::mmu
