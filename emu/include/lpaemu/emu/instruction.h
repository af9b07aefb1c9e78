// One instruction's bits, in the form that the decoders of this project take. [armv7 A5, A6]
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "lpaemu/kernel_model/cpu.h"

namespace lpaemu::emu {

using mmu::VirtAddr;

/// How the bits are to be read: CPSR.T.
enum class InstructionSet : std::uint8_t { arm, thumb };

[[nodiscard]] inline InstructionSet instruction_set(const kernel::UserRegisters& registers) {
  return registers.thumb() ? InstructionSet::thumb : InstructionSet::arm;
}

/// An instruction as the manual prints it: a 32-bit Thumb instruction has its first halfword in the upper half.
struct Encoding {
  std::uint32_t bits = 0;
  unsigned size = 4;  // bytes: 4, or 2 for a 16-bit Thumb instruction
  InstructionSet set = InstructionSet::arm;

  /// Bits hi..lo.
  [[nodiscard]] constexpr std::uint32_t field(unsigned hi, unsigned lo) const {
    return (bits >> lo) & (~std::uint32_t{0} >> (31 - (hi - lo)));
  }
  [[nodiscard]] constexpr bool bit(unsigned n) const { return field(n, n) != 0; }

  friend constexpr bool operator==(const Encoding&, const Encoding&) = default;
};

/// Whether a Thumb instruction that begins with this halfword has a second one. [armv7 A6.1]
[[nodiscard]] constexpr bool is_wide_thumb(std::uint16_t first) { return first >= 0xe800; }

/// The instruction at the start of `memory`, which is little-endian as all ARMv7 code; nothing when it is cut off.
[[nodiscard]] std::optional<Encoding> encoding_at(std::span<const std::byte> memory, InstructionSet set);

/// The condition under which the instruction executes: its own, or the one that CPSR.IT gives it; 0xe is "always".
/// Requires: `cpsr` is the state before the instruction. [armv7 A8.3]
[[nodiscard]] unsigned condition(const Encoding& encoding, mmu::Psr cpsr);

/// ConditionPassed(): whether the flags let the instruction execute. [armv7 A8.3.1]
[[nodiscard]] bool condition_passed(const Encoding& encoding, mmu::Psr cpsr);

/// NOP, YIELD, WFE, WFI, SEV and the hints without a name; the engine reports YIELD and WFE as if they were undefined.
[[nodiscard]] bool is_hint(const Encoding& encoding);

}  // namespace lpaemu::emu
