#include <array>

#include "lpaemu/kernel_model/mm/fault.h"
#include "lpaemu/kernel_model/task/signal_numbers.h"
#include "lpaemu/mmu/assert.h"

namespace lpaemu::kernel {
namespace {

#define FSR(status, handler, signal, code, name) FsrInfo{FsrInfo::Handler::handler, signal, code, name},
constexpr std::array fsr_table{
#include "fsr_table.inc"
};
#undef FSR

// Each row stands at its own index.
#define FSR(status, handler, signal, code, name) status,
constexpr std::array statuses{
#include "fsr_table.inc"
};
#undef FSR
constexpr bool rows_are_in_order() {
  for (std::size_t i = 0; i < statuses.size(); ++i)
    if (statuses[i] != static_cast<int>(i)) return false;
  return true;
}
static_assert(fsr_table.size() == std::size_t{mmu::DFSR::STATUS.mask} + 1 && rows_are_in_order());

}  // namespace

const FsrInfo& fsr_info(unsigned status) {
  LPAEMU_ASSERT(status < fsr_table.size(), "fault status {:#x}", status);
  return fsr_table[status];
}

}  // namespace lpaemu::kernel
