// Golden text: what a test makes must be what a file in the tree holds. LPAEMU_BLESS=1 rewrites the file. Header only.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace lpaemu::mmu::testing {

/// Fails unless `file` holds `text`, byte for byte. With LPAEMU_BLESS=1 it does afterwards, and the diff is for review.
inline void check_golden(const std::filesystem::path& file, const std::string& text) {
  const char* bless = std::getenv("LPAEMU_BLESS");
  if (bless != nullptr && std::string{bless} == "1") {
    std::ofstream out{file, std::ios::binary};
    out << text << std::flush;
    REQUIRE(out.good());
  }
  std::ifstream in{file, std::ios::binary};
  const std::string held{std::istreambuf_iterator<char>{in}, {}};
  INFO(file.string() << ": LPAEMU_BLESS=1 rewrites it");
  CHECK(held == text);
}

}  // namespace lpaemu::mmu::testing
