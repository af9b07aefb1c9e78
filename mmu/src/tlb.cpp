#include "lpaemu/mmu/tlb.h"

#include <algorithm>
#include <array>

#include "lpaemu/mmu/walk_ladder.h"

namespace lpaemu::mmu {
namespace {

/// Where the part of the address space begins that one entry of this level maps. [lpae-mmu M-51]
VirtAddr start_of(VirtAddr va, unsigned level) {
  return VirtAddr{va.raw() >> level_shift(level) << level_shift(level)};
}

/// A table descriptor together with the limits of those above it. [lpae-mmu M-21]
Descriptor with_limits(Descriptor table, TableLimits above) {
  constexpr std::uint64_t limits =
      table::NSTable.mask | table::APTable1.mask | table::APTable0.mask | table::XNTable.mask | table::PXNTable.mask;
  return Descriptor{table.raw() | (above.passed().raw() & limits)};
}

/// The tables for a walk that begins behind `known`: down to its level the walk reads `known` again and again, which
/// changes no limit, and leaves it with the right table.
struct BehindTable {
  const PhysicalMemory& memory;
  const CachedTable* known;  // null: a walk from the start
  bool big_endian;
  mutable unsigned level;  // of the next descriptor

  [[nodiscard]] std::optional<std::uint64_t> read64(PhysAddr pa) const {
    const unsigned now = level++;
    if (known == nullptr || now > known->level) return memory.read64(pa);
    return big_endian ? __builtin_bswap64(known->table.raw()) : known->table.raw();
  }
};

struct WalkEnd {
  Tlb::Result result;

  static WalkEnd translation(const Translation& t) { return {t}; }
  static WalkEnd fault(const Fault& f) { return {unexpected(f)}; }
};

/// What a cached entry makes of an access. [lpae-mmu M-54]
Tlb::Result answer(const TlbEntry& entry, VirtAddr va, Access access, Privilege privilege) {
  if (!entry.permissions.allows(access, privilege))
    return unexpected(Fault{FaultKind::permission, entry.level, va, access, privilege});
  return Translation{output_address(entry.leaf, va, entry.level), entry.level, entry.leaf, entry.entry,
                     entry.permissions};
}

Fault conflict(VirtAddr va, Access access, Privilege privilege) {
  return Fault{FaultKind::tlb_conflict, 0, va, access, privilege};
}

bool matches(const TlbEntry& entry, VirtAddr va, Asid asid) {
  return entry.first == start_of(va, entry.level) && (!entry.asid || *entry.asid == asid);  // [lpae-mmu M-57]
}
bool matches(const CachedTable& table, VirtAddr va, Asid asid) {
  return table.first == start_of(va, table.level) && table.asid == asid;
}

/// The sides on which nothing of `cached` that `same` accepts is held yet.
template <class Cached, class Same>
TlbSides missing_sides(const std::vector<Cached>& cached, Same same) {
  TlbSides missing{.instruction = true, .data = true};
  for (const Cached& one : cached) {
    if (!same(one)) continue;
    missing.instruction = missing.instruction && !one.sides.instruction;
    missing.data = missing.data && !one.sides.data;
  }
  return missing;
}

}  // namespace

/// What a walk passed that may be cached.
struct Tlb::Fill final : WalkObserver {
  explicit Fill(const CachedTable* known) : known_level{known == nullptr ? 0 : known->level} {}

  void on_step(const WalkStep& step) override {
    if (step.kind == Kind::block || step.kind == Kind::page) leaf = step;
    if (step.kind != Kind::table) return;
    if (step.level > known_level) tables[step.level] = with_limits(step.descriptor, limits);
    limits.narrow(step.descriptor);
  }

  unsigned known_level;                                      // descriptors down to here came from the cache
  std::array<std::optional<Descriptor>, last_level> tables;  // by level
  std::optional<WalkStep> leaf;
  TableLimits limits;
};

namespace {

Tlb::Result walk_behind(const CachedTable* known, const PhysicalMemory& memory, const Regime& regime, VirtAddr va,
                        Access access, Privilege privilege, WalkObserver* observer) {
  const WalkStart* const start = regime.start(va);
  const unsigned level = start == nullptr ? first_level : start->level;
  const BehindTable tables{memory, known, regime.big_endian_tables(), level};
  return walk_as<WalkEnd>(tables, regime, va, access, privilege, observer).result;
}

}  // namespace

Tlb::Result Tlb::translate(const PhysicalMemory& memory, const Regime& regime, VirtAddr va, Access access,
                           Privilege privilege) {
  if (!regime.mmu_enabled()) return walk(memory, regime, va, access, privilege);  // [armv7 B3.2]
  const std::vector<TlbEntry> found = hits(va, regime.asid(), access);
  if (found.size() > 1) return unexpected(conflict(va, access, privilege));
  if (found.size() == 1) return answer(found.front(), va, access, privilege);  // even under EPDx [lpae-mmu M-8]

  const CachedTable* const known = deepest_table(va, regime.asid(), access);
  Fill fill{known};
  const Result result = walk_behind(known, memory, regime, va, access, privilege, &fill);
  cache(fill, va, regime);
  return result;
}

std::vector<Tlb::Result> Tlb::outcomes(const PhysicalMemory& memory, const Regime& regime, VirtAddr va, Access access,
                                       Privilege privilege) const {
  std::vector<Result> allowed{walk(memory, regime, va, access, privilege)};
  if (!regime.mmu_enabled()) return allowed;
  const auto add = [&allowed](const Result& result) {
    if (std::find(allowed.begin(), allowed.end(), result) == allowed.end()) allowed.push_back(result);
  };
  for (const CachedTable& table : tables_)
    if (table.sides.serves(access) && matches(table, va, regime.asid()))
      add(walk_behind(&table, memory, regime, va, access, privilege, nullptr));
  const std::vector<TlbEntry> found = hits(va, regime.asid(), access);
  for (const TlbEntry& entry : found) add(answer(entry, va, access, privilege));
  if (found.size() > 1) add(unexpected(conflict(va, access, privilege)));
  return allowed;
}

void Tlb::invalidate(Tlbi operation, TlbiOperand rt) {
  const TlbiInfo& what = tlbi_info(operation);
  const VirtAddr va{tlbi_operand::MVA.get(rt) * PAGE_SIZE};
  const Asid asid = tlbi_operand::ASID.get(rt);
  const auto targeted = [&](VirtAddr first, unsigned level, std::optional<Asid> tag) {  // [lpae-mmu M-50, M-51]
    const bool here = first == start_of(va, level);
    switch (what.target) {
      case TlbiTarget::all: return true;
      case TlbiTarget::mva: return here && (!tag || *tag == asid);
      case TlbiTarget::asid: return tag == asid;
      case TlbiTarget::mva_any_asid: return here;
    }
    return false;
  };
  const auto drop_from = [&](auto& cached) {
    for (auto& one : cached)
      if (targeted(one.first, one.level, one.asid)) one.sides.drop(what.side);
    std::erase_if(cached, [](const auto& one) { return !one.sides.any(); });
  };
  drop_from(entries_);
  drop_from(tables_);  // an address names the descriptors of all levels on the way to it [lpae-mmu M-55]
}

std::vector<TlbEntry> Tlb::hits(VirtAddr va, Asid asid, Access access) const {
  std::vector<TlbEntry> found;
  for (const TlbEntry& entry : entries_)
    if (entry.sides.serves(access) && matches(entry, va, asid)) found.push_back(entry);
  return found;
}

const CachedTable* Tlb::deepest_table(VirtAddr va, Asid asid, Access access) const {
  const CachedTable* deepest = nullptr;
  for (const CachedTable& table : tables_)
    if (table.sides.serves(access) && matches(table, va, asid) && (deepest == nullptr || table.level > deepest->level))
      deepest = &table;
  return deepest;
}

void Tlb::cache(const Fill& fill, VirtAddr va, const Regime& regime) {
  const Asid asid = regime.asid();
  for (unsigned level = first_level; level < last_level; ++level) {
    if (!fill.tables[level]) continue;
    const auto same = [&](const CachedTable& table) { return table.level == level && matches(table, va, asid); };
    tables_.push_back({start_of(va, level), level, asid, *fill.tables[level], missing_sides(tables_, same)});
  }
  // Neither an invalid descriptor nor one with AF = 0 may be cached. [lpae-mmu M-53]
  if (!fill.leaf || !leaf::AF.get(fill.leaf->descriptor)) return;
  const Descriptor leaf = fill.leaf->descriptor;
  const unsigned level = fill.leaf->level;
  const auto same = [&](const TlbEntry& entry) { return matches(entry, va, asid); };
  entries_.push_back({.first = start_of(va, level),
                      .level = level,
                      .asid = leaf::nG.get(leaf) ? std::optional{asid} : std::nullopt,
                      .leaf = leaf,
                      .entry = fill.leaf->entry,
                      .permissions = permissions_of(leaf, fill.limits, regime),
                      .memory = mair_byte(regime.registers().mair, leaf::AttrIndx.get(leaf)),
                      .sides = missing_sides(entries_, same)});
}

}  // namespace lpaemu::mmu
