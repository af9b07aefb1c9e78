#include "lpaemu/mmu/walk.h"

#include <optional>

#include "lpaemu/mmu/walk_ladder.h"

namespace lpaemu::mmu {
namespace {

/// The memory of the port. g++ returns a span in registers, but a std::optional through memory and with a stall: read64
/// costs three times as much.
struct ByTable {
  const PhysicalMemory& memory;

  [[nodiscard]] std::optional<std::uint64_t> read64(PhysAddr pa) const {
    const auto words = memory.table(pa);
    if (words.empty()) return std::nullopt;
    return words[pa.page_offset() / descriptor_bytes];
  }
};

/// The ladder's end in members that g++ keeps in registers; an Expected it would build on the stack and copy.
struct End {
  PhysAddr pa;
  PhysAddr entry;
  Descriptor leaf;
  unsigned level;
  Permissions permissions;
  FaultKind kind;
  bool good;

  static End translation(const Translation& t) { return {t.pa, t.entry, t.leaf, t.level, t.permissions, {}, true}; }
  static End fault(const Fault& f) { return {{}, {}, {}, f.level, {}, f.kind, false}; }
};

}  // namespace

Expected<Translation, Fault> walk(const PhysicalMemory& memory, const Regime& regime, VirtAddr va, Access access,
                                  Privilege privilege, WalkObserver* observer) {
  const ByTable tables{memory};
  const End end = observer == nullptr ? walk_as<End>(tables, regime, va, access, privilege)
                                      : walk_as<End>(tables, regime, va, access, privilege, observer);
  if (!end.good) return unexpected(Fault{end.kind, end.level, va, access, privilege});
  return Translation{end.pa, end.level, end.leaf, end.entry, end.permissions};
}

}  // namespace lpaemu::mmu
