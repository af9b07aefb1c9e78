#include "lpaemu/mmu/attributes.h"

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <string_view>

#include "lpaemu/mmu/testing/stringify.h"

namespace lpaemu::mmu {

TEST_CASE("each of the 256 MAIR bytes has the type that the manual gives it",
          "[mmu][attributes][armv7-B4.1.104][M-25]") {
  // A row for each outer half, a letter for each inner half: Strongly-ordered, Device, Normal, . = UNPREDICTABLE.
  constexpr std::array<std::string_view, 16> rows{
      "S...D...........",  // 0000
      "................",  // 0001 to 0011: ARMv8's transient write-through
      "................",  //
      "................",  //
      "....N...NNNNNNNN",  // 0100: outer non-cacheable
      "................",  // 0101 to 0111: ARMv8's transient write-back
      "................",  //
      "................",  //
      "....N...NNNNNNNN",  // 10RW: outer write-through
      "....N...NNNNNNNN",  //
      "....N...NNNNNNNN",  //
      "....N...NNNNNNNN",  //
      "....N...NNNNNNNN",  // 11RW: outer write-back
      "....N...NNNNNNNN",  //
      "....N...NNNNNNNN",  //
      "....N...NNNNNNNN",  //
  };
  const auto letter = [](MemoryType type) {
    switch (type) {
      case MemoryType::strongly_ordered: return 'S';
      case MemoryType::device: return 'D';
      case MemoryType::normal: return 'N';
      case MemoryType::unpredictable: return '.';
    }
    return '?';
  };
  for (unsigned byte = 0; byte < 256; ++byte) {
    INFO("MAIR byte " << byte);
    CHECK(letter(memory_type(MairByte{static_cast<std::uint8_t>(byte)})) == rows[byte / 16][byte % 16]);
  }
}

}  // namespace lpaemu::mmu
