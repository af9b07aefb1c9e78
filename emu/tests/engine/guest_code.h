// Guest code that the build has assembled.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace lpaemu::emu::test {

/// What NAME.S was assembled to.
inline std::vector<std::uint32_t> guest_code(const std::string& name) {
  std::ifstream file{std::string{GUEST_CODE} + "/" + name + ".bin", std::ios::binary};
  const std::vector<char> bytes{std::istreambuf_iterator<char>{file}, {}};
  REQUIRE(!bytes.empty());
  std::vector<std::uint32_t> words((bytes.size() + 3) / sizeof(std::uint32_t));
  std::memcpy(words.data(), bytes.data(), bytes.size());
  return words;
}

}  // namespace lpaemu::emu::test
