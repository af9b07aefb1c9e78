// The engine's soft TLB as the bridge sees it: what an entry holds, what can be dropped, and how large it is.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

#include "lpaemu/mmu/access.h"
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

/// The right that an access needs.
[[nodiscard]] constexpr std::uint8_t right_for(mmu::Access access) {
  switch (access) {
    case mmu::Access::read: return Rights::read;
    case mmu::Access::write: return Rights::write;
    case mmu::Access::execute: break;
  }
  return Rights::execute;
}

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
  /// Flushes so that the engine finds `entries` of its table in use, whatever was.
  virtual void flush_as_if_used(std::uint32_t entries) = 0;
  /// Throws away the code that was translated from this physical page.
  virtual void drop_code(mmu::Pfn pfn) = 0;

 protected:
  ~SoftTlb() = default;
};

/// When to make the soft TLB grow. The engine starts with 256 direct-mapped entries and resizes only at a flush:
/// doubled when over 70 % were used since the last one, shrunk when under 30 % were used for 100 ms. A program that
/// never flushes would keep 256. This mirrors its rule, with the number of fills as the entries used.
///
/// Two things ask for more room. Fills that bring back a lost entry: a sweep over fresh memory does not, since a flush
/// of a large table costs tens of microseconds. And pages that are filled in turns but share an entry, as two streams
/// at equal offsets do: each access then goes through the engine's victim entries, which no fill tells us of.
class SoftTlbSize {
 public:
  using Clock = std::chrono::steady_clock;

  /// Counts a fill; `lost` says whether the soft TLB had the entry since the last flush. True when growth is due; the
  /// caller then flushes as if growth_fills() were used, and calls note_growth.
  [[nodiscard]] bool note_fill(mmu::VirtAddr va, bool lost) {
    ++fills_;
    if (lost) ++lost_;
    if (shares_an_entry(va.page_number())) ++sharing_;
    return lost_ >= due_ || (sharing_ >= enough_sharing && entries_ < enough_entries);
  }
  void note_flush(Clock::time_point now);

  /// So many entries in use make the engine double its table, up to what is enough.
  [[nodiscard]] std::uint32_t growth_fills() const;
  /// The flush to come is one for growth.
  void note_growth() { fills_ = std::max(fills_, growth_fills()); }

  /// Since the last flush.
  [[nodiscard]] std::uint32_t fills() const { return fills_; }
  /// The entries that the engine is believed to have.
  [[nodiscard]] std::uint32_t entries() const { return entries_; }

  static constexpr std::uint32_t first_entries = 256;
  static constexpr std::uint32_t least_entries = 64;
  static constexpr std::uint32_t enough_entries = 65536;
  /// Lost entries that make growth due, as a multiple of the table's size. By then more was spent on them than growth
  /// will cost.
  static constexpr std::uint32_t patience = 1;
  /// The same for a table that is believed large enough. The mirror may be wrong when few distinct pages collide; an
  /// occasional growth helps after all.
  static constexpr std::uint32_t patience_when_large = 16;
  /// Fills since the last flush that shared an entry with one of the few before. Code, stack and heap do by chance.
  static constexpr std::uint32_t enough_sharing = 16;

 private:
  /// Whether one of the last few fills was for another page with the same entry.
  [[nodiscard]] bool shares_an_entry(std::uint32_t page) {
    bool shares = false;
    for (const std::uint32_t other : recent_) shares |= other != page && ((other ^ page) & (entries_ - 1)) == 0;
    recent_[fills_ % recent_.size()] = page;
    return shares;
  }

  std::uint32_t entries_ = first_entries;
  std::uint32_t fills_ = 0;
  std::uint32_t lost_ = 0;
  std::uint32_t due_ = patience * first_entries;
  std::uint32_t sharing_ = 0;
  std::array<std::uint32_t, 4> recent_{~0U, ~0U, ~0U, ~0U};  // page numbers
  std::uint32_t window_most_ = 0;
  Clock::time_point window_begin_{};
};

}  // namespace lpaemu::emu
