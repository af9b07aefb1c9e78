// A typed bit field of a register or descriptor, and the proof that a table of fields names every bit exactly once.
//
// Bit numbers are written in the .inc tables only. Everything else (accessors, the printer, the encoder, tests,
// generated documentation) expands those rows.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

namespace lpaemu::mmu {

/// A word with an explicit constructor from its raw integer: Descriptor, Pte, Ttbcr, ...
template <class W>
concept RawWord = requires(const W word) {
  { word.raw() } -> std::unsigned_integral;
} && std::constructible_from<W, decltype(std::declval<const W&>().raw())>;

/// Bits Hi..Lo of a word, seen as a T (bool, an enum, an unsigned integer, or an explicit wrapper of one).
template <unsigned Hi, unsigned Lo, class T>
struct BitField {
  static_assert(Hi >= Lo && Hi < 64);
  using value_type = T;
  static constexpr unsigned hi = Hi;
  static constexpr unsigned lo = Lo;
  static constexpr unsigned width = Hi - Lo + 1;

  /// The field's bits, all set, in place.
  static constexpr std::uint64_t mask = (~std::uint64_t{0} >> (64 - width)) << Lo;

  /// The field's value in `word`.
  template <RawWord W>
  [[nodiscard]] static constexpr T get(W word) {
    const std::uint64_t bits = (std::uint64_t{word.raw()} & mask) >> Lo;
    if constexpr (std::is_same_v<T, bool>) {
      return bits != 0;
    } else if constexpr (std::is_enum_v<T> || std::is_integral_v<T>) {
      return static_cast<T>(bits);
    } else {
      return T{static_cast<decltype(std::declval<const T&>().raw())>(bits)};
    }
  }

  /// `word` with the field set to `value`; bits of `value` that do not fit are dropped.
  template <RawWord W>
  [[nodiscard]] static constexpr W with(W word, T value) {
    using Raw = decltype(word.raw());
    std::uint64_t bits = 0;
    if constexpr (std::is_enum_v<T> || std::is_integral_v<T>) {
      bits = static_cast<std::uint64_t>(value);
    } else {
      bits = std::uint64_t{value.raw()};
    }
    const std::uint64_t raw = (std::uint64_t{word.raw()} & ~mask) | ((bits << Lo) & mask);
    return W{static_cast<Raw>(raw)};
  }
};

/// One row of a field table as data, for printers, tests and documentation.
struct FieldInfo {
  unsigned hi;
  unsigned lo;
  std::string_view name;
  std::string_view meaning;
  std::string_view citation;

  [[nodiscard]] constexpr unsigned width() const { return hi - lo + 1; }
  [[nodiscard]] constexpr std::uint64_t mask() const { return (~std::uint64_t{0} >> (64 - width())) << lo; }
  [[nodiscard]] constexpr std::uint64_t value_in(std::uint64_t raw) const { return (raw & mask()) >> lo; }
};

/// Whether the rows name each of the low `bits` bits exactly once, and no bit above.
[[nodiscard]] constexpr bool tiles(std::span<const FieldInfo> fields, unsigned bits) {
  std::uint64_t seen = 0;
  unsigned total = 0;
  for (const FieldInfo& field : fields) {
    if (field.hi < field.lo || field.hi >= bits) return false;
    seen |= field.mask();
    total += field.width();
  }
  return total == bits && static_cast<unsigned>(std::popcount(seen)) == bits;
}

}  // namespace lpaemu::mmu
