#include "lpaemu/emu/engine/soft_tlb.h"

#include <algorithm>
#include <bit>

namespace lpaemu::emu {
namespace {

// The engine's own numbers: it aims at a use between these rates, in per cent.
constexpr std::uint32_t high_rate = 70;
constexpr std::uint32_t low_rate = 30;
constexpr auto window = std::chrono::milliseconds{100};

constexpr std::uint32_t rate_of(std::uint32_t used, std::uint32_t entries) {
  return static_cast<std::uint32_t>(std::uint64_t{used} * 100 / entries);
}

}  // namespace

std::uint32_t SoftTlbSize::growth_fills() const {
  const std::uint32_t entries = std::min(entries_, enough_entries / 2);
  return (entries * (high_rate + 1) + 99) / 100;  // rounded up: the engine's rate is rounded down
}

void SoftTlbSize::note_flush(Clock::time_point now) {
  const std::uint32_t used = std::min(fills_, entries_);
  fills_ = lost_ = sharing_ = 0;
  const bool expired = now > window_begin_ + window;
  window_most_ = std::max(window_most_, used);
  const std::uint32_t rate = rate_of(window_most_, entries_);

  std::uint32_t entries = entries_;
  if (rate > high_rate) {
    entries = std::min(entries_ * 2, enough_entries);
  } else if (rate < low_rate && expired) {
    const std::uint32_t ceiling = std::bit_ceil(window_most_);
    entries = std::max(rate_of(window_most_, ceiling) > high_rate ? ceiling * 2 : ceiling, least_entries);
  }

  if (entries != entries_) {
    window_begin_ = now;
    window_most_ = 0;
  } else if (expired) {
    window_begin_ = now;
    window_most_ = used;
  }
  entries_ = entries;
  due_ = entries_ * (entries_ < enough_entries ? patience : patience_when_large);
}

}  // namespace lpaemu::emu
