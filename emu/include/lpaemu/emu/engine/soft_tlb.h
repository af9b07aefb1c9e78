// The engine's soft TLB as the bridge sees it: what an entry holds, what can be dropped, and how large it is.
#pragma once

#include <chrono>
#include <cstdint>

#include "lpaemu/mmu/address.h"

namespace lpaemu::emu {

/// A set of rights of a soft-TLB entry.
class Rights {
 public:
  static constexpr std::uint8_t read = 1;
  static constexpr std::uint8_t write = 2;
  static constexpr std::uint8_t execute = 4;

  constexpr Rights() = default;
  explicit constexpr Rights(unsigned bits) : bits_{bits} {}
  [[nodiscard]] constexpr unsigned bits() const { return bits_; }
  [[nodiscard]] constexpr bool none() const { return bits_ == 0; }
  [[nodiscard]] constexpr bool has(std::uint8_t right) const { return (bits_ & right) != 0; }
  [[nodiscard]] constexpr Rights without(std::uint8_t right) const { return Rights{bits_ & ~unsigned{right}}; }
  friend constexpr bool operator==(Rights, Rights) = default;

 private:
  unsigned bits_ = 0;
};

/// The answer to a miss; no rights when the fill fails. Travels in two registers: with smaller members g++ would build
/// it in memory and wait for the store.
struct FillResult {
  mmu::PhysAddr page;
  Rights rights;

  [[nodiscard]] constexpr bool filled() const { return !rights.none(); }
  friend constexpr bool operator==(const FillResult&, const FillResult&) = default;
};

/// Maintenance that the bridge asks for in the middle of a fill.
class SoftTlb {
 public:
  virtual void drop_entry(mmu::VirtAddr va) = 0;
  virtual void drop_all_entries() = 0;
  /// Throws away the code that was translated from this physical page.
  virtual void drop_code(mmu::Pfn pfn) = 0;

 protected:
  ~SoftTlb() = default;
};

/// When to flush the soft TLB so that it grows. The engine starts with 256 direct-mapped entries and resizes only at a
/// flush: doubled when over 70 % were used since the last one, shrunk when under 30 % were used for 100 ms. A program
/// that never flushes would keep 256. This mirrors its rule, with the number of fills as the entries used.
///
/// Only fills that bring back a lost entry ask for more room: a sweep over fresh memory does not, and a flush of a
/// large table costs tens of microseconds.
class SoftTlbSize {
 public:
  using Clock = std::chrono::steady_clock;

  /// Counts a fill; `lost` says whether the soft TLB had the entry since the last flush. True when a flush is due; the
  /// caller flushes and calls note_flush.
  [[nodiscard]] bool note_fill(bool lost) {
    ++fills_;
    if (lost) ++lost_;
    return lost_ >= due_;
  }
  void note_flush(Clock::time_point now);

  /// Since the last flush.
  [[nodiscard]] std::uint32_t fills() const { return fills_; }
  /// The entries that the engine is believed to have.
  [[nodiscard]] std::uint32_t entries() const { return entries_; }

  static constexpr std::uint32_t first_entries = 256;
  static constexpr std::uint32_t least_entries = 64;
  static constexpr std::uint32_t enough_entries = 65536;
  /// Lost entries that make a flush due, as a multiple of the table's size. By then more was spent on them than the
  /// flush will cost.
  static constexpr std::uint32_t patience = 2;
  /// The same for a table that is believed large enough. The mirror may be wrong when few distinct pages collide; an
  /// occasional flush lets the table grow after all.
  static constexpr std::uint32_t patience_when_large = 16;

 private:
  std::uint32_t entries_ = first_entries;
  std::uint32_t fills_ = 0;
  std::uint32_t lost_ = 0;
  std::uint32_t due_ = patience * first_entries;
  std::uint32_t window_most_ = 0;
  Clock::time_point window_begin_{};
};

}  // namespace lpaemu::emu
