// Which instructions must not be made twice, and where they are looked for. Encodings from binutils.
#include "lpaemu/emu/engine/restart_hazards.h"

#include <array>
#include <catch2/catch_test_macros.hpp>

using namespace lpaemu::emu;

namespace {

bool is_arm_hazard(std::uint32_t bits) { return is_restart_hazard({bits, 4, InstructionSet::arm}); }
bool is_thumb_hazard(std::uint32_t bits) { return is_restart_hazard({bits, 4, InstructionSet::thumb}); }

}  // namespace

TEST_CASE("ARM hazards", "[engine][stop]") {
  for (const std::uint32_t hazard : {0xe1812f90U,     // strex r2, r0, [r1]
                                     0x01c46f95U,     // strexbeq r6, r5, [r4]
                                     0xe1e46f95U,     // strexh r6, r5, [r4]
                                     0xe1a45f96U,     // strexd r5, r6, r7, [r4]
                                     0xe104509aU,     // swp r5, r10, [r4]
                                     0xe1445098U,     // swpb r5, r8, [r4]
                                     0xe1c440d0U,     // ldrd r4, r5, [r4]
                                     0xe14440d8U,     // ldrd r4, r5, [r4, #-8]
                                     0xe18440d2U}) {  // ldrd r4, r5, [r4, r2]
    CAPTURE(hazard);
    CHECK(is_arm_hazard(hazard));
  }
  for (const std::uint32_t harmless : {0xe1910f9fU,     // ldrex r0, [r1]
                                       0xe1d45f9fU,     // ldrexb r5, [r4]
                                       0xe1c560d0U,     // ldrd r6, r7, [r5]
                                       0xe1c460f0U,     // strd r6, r7, [r4]
                                       0xe1d450b0U,     // ldrh r5, [r4]
                                       0xe5945000U,     // ldr r5, [r4]
                                       0xe8b400e0U,     // ldm r4!, {r5, r6, r7}
                                       0xe0050496U}) {  // mul r5, r6, r4
    CAPTURE(harmless);
    CHECK_FALSE(is_arm_hazard(harmless));
  }
}

TEST_CASE("Thumb hazards", "[engine][stop]") {
  for (const std::uint32_t hazard : {0xe8445602U,     // strex r6, r5, [r4, #8]
                                     0xe8c45f46U,     // strexb r6, r5, [r4]
                                     0xe8c45f56U,     // strexh r6, r5, [r4]
                                     0xe8c45675U,     // strexd r5, r5, r6, [r4]
                                     0xe9d44500U,     // ldrd r4, r5, [r4]
                                     0xe9544502U}) {  // ldrd r4, r5, [r4, #-8]
    CAPTURE(hazard);
    CHECK(is_thumb_hazard(hazard));
  }
  for (const std::uint32_t harmless : {0xe8545f02U,     // ldrex r5, [r4, #8]
                                       0xe8d45f4fU,     // ldrexb r5, [r4]
                                       0xe8dff005U,     // tbb [pc, r5]
                                       0xe9d45600U,     // ldrd r5, r6, [r4]
                                       0xe9c44500U,     // strd r4, r5, [r4]
                                       0xe1812f90U}) {  // ARM's strex
    CAPTURE(harmless);
    CHECK_FALSE(is_thumb_hazard(harmless));
  }
  CHECK_FALSE(is_restart_hazard({0x6825, 2, InstructionSet::thumb}));  // ldr r5, [r4]
}

TEST_CASE("hazards in code", "[engine][stop]") {
  using Offsets = std::vector<std::uint32_t>;
  constexpr std::array<std::uint32_t, 4> arm{0xe1910f9f, 0xe1812f90, 0xe2800001, 0xe1c440d0};
  CHECK(find_restart_hazards(std::as_bytes(std::span{arm}), InstructionSet::arm) == Offsets{4, 12});
  // ldr; strex; the second half of an instruction that looks like the first of one; a strex that is cut off
  constexpr std::array<std::uint16_t, 6> thumb{0x6825, 0xe844, 0x5602, 0xf04f, 0xe844, 0xe844};
  CHECK(find_restart_hazards(std::as_bytes(std::span{thumb}), InstructionSet::thumb) == Offsets{2});
  CHECK(find_restart_hazards({}, InstructionSet::thumb).empty());
}
