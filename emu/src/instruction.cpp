#include "lpaemu/emu/instruction.h"

namespace lpaemu::emu {
namespace {

constexpr unsigned always = 0xe;
constexpr unsigned halfword_bits = 16;

std::uint16_t halfword_at(std::span<const std::byte> memory, std::size_t offset) {
  const unsigned low = std::to_integer<unsigned>(memory[offset]);
  const unsigned high = std::to_integer<unsigned>(memory[offset + 1]);
  return static_cast<std::uint16_t>(low | high << 8);
}

/// The condition in a Thumb branch's own bits, the only Thumb instructions that have one. [armv7 A8.8.18]
std::optional<unsigned> thumb_branch_condition(const Encoding& encoding) {
  if (encoding.size == 2) {  // B, encoding T1; 0xe is UDF, 0xf SVC
    if (encoding.field(15, 12) == 0xd && encoding.field(11, 8) < always) return encoding.field(11, 8);
    return std::nullopt;
  }
  // B, encoding T3; 0xe and 0xf are other instructions
  if (encoding.field(31, 27) == 0x1e && encoding.field(15, 14) == 2 && !encoding.bit(12) &&
      encoding.field(25, 22) < always)
    return encoding.field(25, 22);
  return std::nullopt;
}

}  // namespace

std::optional<Encoding> encoding_at(std::span<const std::byte> memory, InstructionSet set) {
  if (memory.size() < 2) return std::nullopt;
  const std::uint32_t first = halfword_at(memory, 0);
  if (set == InstructionSet::thumb && !is_wide_thumb(static_cast<std::uint16_t>(first))) return Encoding{first, 2, set};
  if (memory.size() < 4) return std::nullopt;
  const std::uint32_t second = halfword_at(memory, 2);
  if (set == InstructionSet::thumb) return Encoding{first << halfword_bits | second, 4, set};
  return Encoding{second << halfword_bits | first, 4, set};
}

unsigned condition(const Encoding& encoding, mmu::Psr cpsr) {
  if (encoding.set == InstructionSet::arm) {
    const unsigned cond = encoding.field(31, 28);
    return cond == 0xf ? always : cond;  // 0xf: the unconditional instructions [armv7 A5.7]
  }
  if (const auto own = thumb_branch_condition(encoding)) return *own;
  // ITSTATE is IT[7:2]:IT[1:0]; a block is active while its low four bits are not 0. [armv7 A2.5.2]
  const unsigned it = mmu::PSR::IT_HIGH.get(cpsr) << 2 | mmu::PSR::IT_LOW.get(cpsr);
  const unsigned cond = it >> 4;
  return (it & 0xf) == 0 || cond == 0xf ? always : cond;
}

bool condition_passed(const Encoding& encoding, mmu::Psr cpsr) {
  const bool n = mmu::PSR::N.get(cpsr);
  const bool z = mmu::PSR::Z.get(cpsr);
  const bool c = mmu::PSR::C.get(cpsr);
  const bool v = mmu::PSR::V.get(cpsr);
  const unsigned cond = condition(encoding, cpsr);
  bool result = true;
  switch (cond >> 1) {
    case 0: result = z; break;             // EQ, NE
    case 1: result = c; break;             // CS, CC
    case 2: result = n; break;             // MI, PL
    case 3: result = v; break;             // VS, VC
    case 4: result = c && !z; break;       // HI, LS
    case 5: result = n == v; break;        // GE, LT
    case 6: result = n == v && !z; break;  // GT, LE
    default: return true;                  // AL
  }
  return (cond & 1) != 0 ? !result : result;
}

bool is_hint(const Encoding& encoding) {
  if (encoding.set == InstructionSet::arm)  // [armv7 A5.2.11]
    return encoding.field(31, 28) != 0xf && encoding.field(27, 8) == 0x320f0;
  if (encoding.size == 2) return encoding.field(15, 8) == 0xbf && encoding.field(3, 0) == 0;  // [armv7 A6.2.5]
  return encoding.field(31, 8) == 0xf3af80;                                                   // [armv7 A6.3.4]
}

}  // namespace lpaemu::emu
