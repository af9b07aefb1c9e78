// Builds page tables in physical memory, for tests, examples and `lpaemu walk`.
#pragma once

#include <functional>

#include "lpaemu/mmu/descriptor.h"
#include "lpaemu/mmu/physical_memory.h"
#include "lpaemu/mmu/regime.h"

namespace lpaemu::mmu {

/// Puts descriptors where a walk of `start` finds them, and makes the tables on the way with pages from `allocate`.
class TableBuilder {
 public:
  /// `allocate` answers zeroed pages. The root table must already be there.
  TableBuilder(PhysicalMemory& memory, WalkStart start, std::function<PhysAddr()> allocate);

  /// Stores `leaf` for `va` at `level`, as it is. Requires: no block stands in the way.
  void set_leaf(VirtAddr va, unsigned level, Descriptor leaf);

  /// ORs hierarchical attributes into the table descriptor for `va` at `level`. Requires: it exists.
  void limit_table(VirtAddr va, unsigned level, Descriptor attributes);

  /// The address of the descriptor for `va` at `level`, with tables made down to there.
  PhysAddr entry(VirtAddr va, unsigned level);

 private:
  PhysicalMemory& memory_;
  WalkStart start_;
  std::function<PhysAddr()> allocate_;
};

}  // namespace lpaemu::mmu
