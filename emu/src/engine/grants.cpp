#include "lpaemu/emu/engine/grants.h"

#include "lpaemu/mmu/assert.h"

namespace lpaemu::emu {
namespace {

constexpr std::size_t va_pages = std::size_t{mmu::VirtAddr{~std::uint32_t{0}}.page_number()} + 1;

}  // namespace

Grants::Grants() : grants_{static_cast<Grant*>(std::calloc(va_pages, sizeof(Grant)))} {
  LPAEMU_ASSERT(grants_ != nullptr, "no memory for the grants of {} pages", va_pages);
}

}  // namespace lpaemu::emu
