// The TLB of one CPU as software may find it: entries by ASID or global, table descriptors kept apart, and nothing
// leaves until it is invalidated. So whoever forgets an invalidation meets the old translation. [armv7 B3.9, B3.10]
// [lpae-mmu 9.2]
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lpaemu/mmu/tlbi.h"
#include "lpaemu/mmu/walk.h"

namespace lpaemu::mmu {

/// In which of the two TLBs something is held. Software must reckon with one TLB for both (a load's entry serves the
/// next fetch) and with two (ITLBIMVA leaves the data side alone): what is filled goes to both, operations reach one.
struct TlbSides {
  bool instruction = false;
  bool data = false;

  [[nodiscard]] constexpr bool serves(Access access) const { return access == Access::execute ? instruction : data; }
  [[nodiscard]] constexpr bool any() const { return instruction || data; }
  constexpr void drop(TlbiSide side) {
    if (side != TlbiSide::data) instruction = false;
    if (side != TlbiSide::instruction) data = false;
  }
  friend constexpr bool operator==(TlbSides, TlbSides) = default;
};

/// A cached block or page. Rights and memory type are those of the registers at the fill. [lpae-mmu M-58]
struct TlbEntry {
  VirtAddr first;            // where the block or page begins
  unsigned level;            // 1 = 1 GiB, 2 = 2 MiB, 3 = 4 KiB
  std::optional<Asid> asid;  // none: global [lpae-mmu M-57]
  Descriptor leaf;           // as it was stored
  PhysAddr entry;            // where it was stored
  Permissions permissions;
  MairByte memory;
  TlbSides sides;

  friend constexpr bool operator==(const TlbEntry&, const TlbEntry&) = default;
};

/// A cached table descriptor: the next walk of this part of the address space begins behind it. [lpae-mmu M-55]
struct CachedTable {
  VirtAddr first;    // where the part begins that it maps
  unsigned level;    // of the descriptor: 1 or 2
  Asid asid;         // the one it was read for
  Descriptor table;  // with the limits of the descriptors above it
  TlbSides sides;

  friend constexpr bool operator==(const CachedTable&, const CachedTable&) = default;
};

/// Pretend: fills come from accesses only, while a real CPU may walk ahead at any time and evict at any time; stores to
/// tables and invalidations are complete at once (no DSB or ISB is needed); the Contiguous hint is ignored [M-20].
/// Each translation looks at every entry: made to check, not to be fast.
class Tlb {
 public:
  using Result = Expected<Translation, Fault>;

  /// As walk(), from the cached entry if there is one, whatever the tables say by now; else walks, behind cached
  /// tables, and caches what it found: the leaf too if it denies the access [M-54], no fault of another kind [M-53].
  /// Two entries for one address are a TLB conflict [M-59]. With SCTLR.M = 0 the TLB takes no part.
  [[nodiscard]] Result translate(const PhysicalMemory& memory, const Regime& regime, VirtAddr va, Access access,
                                 Privilege privilege);

  /// All that the architecture allows this access to give after what this TLB has seen: first the fresh walk, then
  /// walks behind each cached table, each cached entry, and a conflict if there is more than one.
  [[nodiscard]] std::vector<Result> outcomes(const PhysicalMemory& memory, const Regime& regime, VirtAddr va,
                                             Access access, Privilege privilege) const;

  /// Carries out one operation on this TLB. Whoever has several CPUs hands those of TlbiReach::inner_shareable to all.
  void invalidate(Tlbi operation, TlbiOperand rt = TlbiOperand{});

  /// The entries that an access to `va` hits under this ASID. More than one: a conflict.
  [[nodiscard]] std::vector<TlbEntry> hits(VirtAddr va, Asid asid, Access access) const;

  // For audits: all that is cached, in the order of the fills.
  [[nodiscard]] const std::vector<TlbEntry>& entries() const { return entries_; }
  [[nodiscard]] const std::vector<CachedTable>& tables() const { return tables_; }

 private:
  struct Fill;
  [[nodiscard]] const CachedTable* deepest_table(VirtAddr va, Asid asid, Access access) const;
  void cache(const Fill& fill, VirtAddr va, const Regime& regime);

  std::vector<TlbEntry> entries_;
  std::vector<CachedTable> tables_;
};

}  // namespace lpaemu::mmu
