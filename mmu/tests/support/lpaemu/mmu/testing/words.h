// Words to try the helpers of page-table entries on. Header only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "lpaemu/mmu/field.h"

namespace lpaemu::mmu::testing {

[[nodiscard]] constexpr std::uint64_t bit(unsigned number) { return std::uint64_t{1} << number; }

/// Zero, ones, each bit alone and missing, and some random words.
template <RawWord W>
[[nodiscard]] std::vector<W> samples() {
  std::vector<W> all{W{0}, W{~std::uint64_t{0}}};
  for (unsigned number = 0; number < 64; ++number) {
    all.emplace_back(bit(number));
    all.emplace_back(~bit(number));
  }
  std::mt19937_64 random{1};
  for (int i = 0; i < 2000; ++i) all.emplace_back(random());
  return all;
}

/// Calls `visit(word)` with all 2^n values of the bits that `varied` numbers; the others are those of `pattern`.
template <class Visit>
void for_each_combination(std::uint64_t pattern, std::span<const unsigned> varied, Visit visit) {
  for (const unsigned number : varied) pattern &= ~bit(number);
  for (std::uint64_t n = 0; n < bit(static_cast<unsigned>(varied.size())); ++n) {
    std::uint64_t word = pattern;
    for (std::size_t i = 0; i < varied.size(); ++i)
      if ((n >> i & 1) != 0) word |= bit(varied[i]);
    visit(word);
  }
}

}  // namespace lpaemu::mmu::testing
