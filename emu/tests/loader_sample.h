// A real program to read, and to damage.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <vector>

namespace lpaemu::emu {

inline const std::vector<std::byte>& sample() {
  static const std::vector<std::byte> bytes = [] {
    constexpr unsigned char raw[] = {
#include "loader_sample.inc"
    };
    std::vector<std::byte> result;
    std::ranges::transform(raw, std::back_inserter(result), [](unsigned char c) { return std::byte{c}; });
    return result;
  }();
  return bytes;
}

}  // namespace lpaemu::emu
