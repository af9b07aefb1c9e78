// What the engine counts.
#pragma once

#include <array>
#include <cstdint>

#include "lpaemu/mmu/access.h"

namespace lpaemu::emu {

struct EngineStatistics {
  std::array<std::uint64_t, 3> fills{};   // calls of the fill hook, by mmu::Access
  std::uint64_t walks = 0;                // table walks for fills
  std::uint64_t faults = 0;               // walks that failed and went to the client
  std::uint64_t failed_fills = 0;         // faults that left the engine
  std::uint64_t tlb_flushes = 0;          // whole soft TLB, all causes
  std::uint64_t tlb_growths = 0;          // of these: to let the engine grow it
  std::uint64_t page_flushes = 0;         // one address (TLBIMVA)
  std::uint64_t page_flushes_elided = 0;  // TLBIMVA without an entry, or of the page that a fill replaces anyway
  std::uint64_t wx_transitions = 0;       // a physical page went from written to executed or back
  std::uint64_t code_drops = 0;           // translated code of a page thrown away
  std::uint64_t svcs = 0;
  std::uint64_t blocks = 0;          // entered, while the block hook is on
  std::uint64_t monitor_clears = 0;  // exclusive monitor
  std::uint64_t starts = 0;          // times the engine was entered

  [[nodiscard]] std::uint64_t all_fills() const { return fills[0] + fills[1] + fills[2]; }
};

}  // namespace lpaemu::emu
