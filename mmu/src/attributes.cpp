#include "lpaemu/mmu/attributes.h"

#include "lpaemu/mmu/registers.h"

namespace lpaemu::mmu {
namespace {

/// Whether half a MAIR byte names Normal memory. The codes between (write-through and write-back transient) are
/// ARMv8's.
constexpr bool is_normal(MairCode code) { return code == MairCode::non_cacheable || code >= MairCode::write_through; }

}  // namespace

MemoryType memory_type(MairByte byte) {  // [armv7 B4.1.104] [lpae-mmu M-25]
  const MairCode outer = MAIR_ATTR::OUTER.get(byte);
  const MairCode inner = MAIR_ATTR::INNER.get(byte);
  if (outer == MairCode::strongly_ordered) {
    if (inner == MairCode::strongly_ordered) return MemoryType::strongly_ordered;
    return inner == MairCode::device ? MemoryType::device : MemoryType::unpredictable;
  }
  return is_normal(outer) && is_normal(inner) ? MemoryType::normal : MemoryType::unpredictable;
}

}  // namespace lpaemu::mmu
