// `--stats`: what a run did, counted.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>

#include "lpaemu/kernel_model/events.h"

namespace lpaemu::emu {

struct EngineStatistics;

/// Counts events. Engine counters and times are added when the run is over.
class Statistics final : public kernel::Observer {
 public:
  void on_event(const kernel::Event& event) override;

  struct Totals {
    const EngineStatistics& engine;
    std::chrono::nanoseconds guest_time;  // host time inside the engine, fault handling in its hooks included
    std::chrono::nanoseconds host_time;   // from start to end
    std::uint64_t pages_used;
    std::uint64_t pages_total;
  };
  [[nodiscard]] std::string text(const Totals& totals) const;
  [[nodiscard]] std::string json(const Totals& totals) const;

 private:
  static constexpr std::size_t verdicts = static_cast<std::size_t>(kernel::Verdict::oom) + 1;

  std::array<std::uint64_t, verdicts> faults_{};
  std::uint64_t user_faults_ = 0;
  std::uint64_t kernel_faults_ = 0;
  std::uint64_t pte_writes_ = 0;
  std::uint64_t table_writes_ = 0;
  std::uint64_t tlb_pages_ = 0;
  std::uint64_t tlb_asids_ = 0;
  std::uint64_t syscalls_ = 0;
  std::uint64_t clears_ = 0;
};

}  // namespace lpaemu::emu
