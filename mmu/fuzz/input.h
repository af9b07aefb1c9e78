// A fuzzer's bytes as numbers. Whatever it is asked for beyond their end is zero.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz_target.h"

namespace lpaemu::mmu::fuzzing {

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : bytes_{data, size} {}

  [[nodiscard]] std::size_t left() const { return bytes_.size(); }

  /// The next number, low byte first.
  template <std::unsigned_integral T>
  T take() {
    std::uint64_t value = 0;
    std::size_t count = 0;
    while (count < sizeof(T) && count < bytes_.size()) {
      value |= std::uint64_t{bytes_[count]} << (8 * count);
      ++count;
    }
    bytes_ = bytes_.subspan(count);
    return static_cast<T>(value);
  }

 private:
  std::span<const std::uint8_t> bytes_;
};

}  // namespace lpaemu::mmu::fuzzing
