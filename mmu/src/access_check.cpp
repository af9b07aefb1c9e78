#include "lpaemu/mmu/access_check.h"

#include "lpaemu/mmu/assert.h"
#include "lpaemu/mmu/walk.h"

namespace lpaemu::mmu {
namespace {

/// The descriptor that a walk ended at; a permission fault does not carry it.
struct LastDescriptor final : WalkObserver {
  Descriptor descriptor;
  void on_step(const WalkStep& step) override { descriptor = step.descriptor; }
};

bool is_aligned(const MemoryAccess& access) { return access.va.raw() % access.alignment == 0; }

Fault alignment_fault(VirtAddr va, const MemoryAccess& access) {
  return {FaultKind::alignment, 0, va, access.access, access.privilege};
}

bool demands_alignment(MemoryType type) {  // [lpae-mmu M-44]
  return type == MemoryType::strongly_ordered || type == MemoryType::device;
}

/// The fault of the part of the access that begins at `va` and stays in its page.
std::optional<Fault> check_page(const PhysicalMemory& memory, const Regime& regime, VirtAddr va,
                                const MemoryAccess& access) {
  LastDescriptor leaf;
  const auto found = walk(memory, regime, va, access.access, access.privilege, &leaf);
  if (!found && found.error().kind != FaultKind::permission) return found.error();
  if (!is_aligned(access) && demands_alignment(regime.memory_type_of(leaf.descriptor)))
    return alignment_fault(va, access);
  return found ? std::nullopt : std::optional{found.error()};
}

}  // namespace

std::optional<Fault> check_access(const PhysicalMemory& memory, const Regime& regime, const MemoryAccess& access) {
  LPAEMU_ASSERT(access.size != 0 && access.alignment != 0, "access at {:#x}: size {}, alignment {}", access.va.raw(),
                access.size, access.alignment);
  const bool strict = access.rule == AlignmentRule::always || SCTLR::A.get(regime.registers().sctlr);
  if (strict && !is_aligned(access)) return alignment_fault(access.va, access);

  const VirtAddr last_page = (access.va + (access.size - 1)).page();
  for (VirtAddr va = access.va;; va = va.page() + PAGE_SIZE) {
    if (const auto fault = check_page(memory, regime, va, access)) return fault;
    if (va.page() == last_page) return std::nullopt;
  }
}

}  // namespace lpaemu::mmu
