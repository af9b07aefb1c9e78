// What the decoders of loads and stores share. Private to fault_address*.cpp.
#pragma once

#include "lpaemu/emu/engine/fault_address.h"

namespace lpaemu::emu::decode {

using mmu::Access;

constexpr unsigned pc_register = 15;
constexpr unsigned byte = 1;
constexpr unsigned halfword = 2;
constexpr unsigned word = 4;
constexpr unsigned doubleword = 8;

/// One instruction with the registers it sees, and the list of what it accesses.
class Decoder {
 public:
  Decoder(const Encoding& instruction, const kernel::UserRegisters& registers)
      : encoding{instruction}, registers_{registers} {}

  const Encoding& encoding;
  DataAccesses accesses;

  /// A register as an operand: the PC reads as the instruction's address + 8, in Thumb + 4. [armv7 A2.3]
  [[nodiscard]] std::uint32_t reg(unsigned n) const {
    return n == pc_register ? registers_.r[n] + (encoding.set == InstructionSet::arm ? 8 : 4) : registers_.r[n];
  }
  /// A base register of an instruction that has a literal form: the PC as Align(PC, 4).
  [[nodiscard]] std::uint32_t base(unsigned n) const { return n == pc_register ? reg(n) / word * word : reg(n); }
  [[nodiscard]] bool carry() const { return mmu::PSR::C.get(registers_.cpsr); }

  void add(std::uint32_t va, unsigned size, Access access) { accesses.push_back({VirtAddr{va}, size, access}); }
  /// `count` accesses of `size` bytes, upwards. Requires: not more than the list holds.
  void add_run(std::uint32_t va, unsigned count, unsigned size, Access access) {
    for (unsigned i = 0; i < count; ++i) add(va + i * size, size, access);
  }

 private:
  const kernel::UserRegisters& registers_;
};

inline Access load_or_store(bool load) { return load ? Access::read : Access::write; }

/// base + offset or base - offset
inline std::uint32_t displaced(std::uint32_t base, bool up, std::uint32_t offset) {
  return up ? base + offset : base - offset;
}

// Each adds what its class of instruction accesses; other bits add nothing.
void arm(Decoder& d);
void thumb(Decoder& d);
/// VLDR, VSTR, VLDM, VSTM, VPUSH, VPOP: bits 27 to 0 are the same in ARM and Thumb. [armv7 A7.6]
void vfp_transfer(Decoder& d);
/// VLDn, VSTn: bits 23 to 0 are the same in ARM and Thumb. [armv7 A7.7]
void element_transfer(Decoder& d);

}  // namespace lpaemu::emu::decode
