#include "lpaemu/emu/engine/grants.h"

#include "lpaemu/mmu/assert.h"

namespace lpaemu::emu {

Grants::Grants() : grants_{static_cast<Grant*>(std::calloc(pages, sizeof(Grant)))} {
  LPAEMU_ASSERT(grants_ != nullptr, "no memory for the grants of {} pages", pages);
}

}  // namespace lpaemu::emu
