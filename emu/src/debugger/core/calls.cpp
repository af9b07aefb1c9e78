#include "lpaemu/emu/debugger/calls.h"

namespace lpaemu::emu {
namespace {

struct Pattern {
  std::uint32_t mask;
  std::uint32_t value;
  [[nodiscard]] bool matches(std::uint32_t bits) const { return (bits & mask) == value; }
};

// [armv7 A8.8.25: BL, BLX (immediate)] [armv7 A8.8.26: BLX (register)]
constexpr Pattern arm_bl{0x0f000000, 0x0b000000}, arm_blx{0xfe000000, 0xfa000000},
    arm_blx_register{0x0ffffff0, 0x012fff30};
constexpr Pattern thumb_blx_register{0xff87, 0x4780};
constexpr Pattern thumb_bl{0xf800d000, 0xf000d000}, thumb_blx{0xf800d001, 0xf000c000};

}  // namespace

bool is_call(const Encoding& encoding) {
  const std::uint32_t bits = encoding.bits;
  if (encoding.set == InstructionSet::arm) {
    const bool unconditional = encoding.field(31, 28) == 0xf;
    return unconditional ? arm_blx.matches(bits) : arm_bl.matches(bits) || arm_blx_register.matches(bits);
  }
  if (encoding.size == 2) return thumb_blx_register.matches(bits);
  return thumb_bl.matches(bits) || thumb_blx.matches(bits);
}

}  // namespace lpaemu::emu
