// Disassembly for reports and fault lines. The only part that knows Capstone.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "lpaemu/emu/instruction.h"

namespace lpaemu::emu {

/// One disassembled instruction.
struct Instruction {
  VirtAddr pc;
  Encoding encoding;
  std::string mnemonic;  // "ldrb"; ".inst" or ".inst.n" or ".inst.w" where the bits are no instruction
  std::string operands;  // "r0, [r1, #4]"; the bits in hex for ".inst"

  /// "ldrb r0, [r1, #4]"
  [[nodiscard]] std::string text() const { return operands.empty() ? mnemonic : mnemonic + " " + operands; }
};

/// Disassembles ARM and Thumb code of ARMv7-A. Opening costs about a millisecond, so it happens at the first use.
class Disassembler {
 public:
  Disassembler();
  Disassembler(Disassembler&&) noexcept;
  Disassembler& operator=(Disassembler&&) noexcept;
  ~Disassembler();

  /// The instruction at the start of `memory`, whose address is `pc` (branch targets are printed as addresses). A
  /// Thumb instruction is printed as outside an IT block. Nothing when fewer bytes are there than the instruction has;
  /// any other bits give at least ".inst".
  [[nodiscard]] std::optional<Instruction> disassemble(std::span<const std::byte> memory, VirtAddr pc,
                                                       InstructionSet set);
  /// The same for bits that were read before.
  [[nodiscard]] Instruction disassemble(const Encoding& encoding, VirtAddr pc);

 private:
  class Capstone;
  std::unique_ptr<Capstone> capstone_;
};

/// The version of the Capstone library in use: "4.0.2".
[[nodiscard]] std::string capstone_version();

}  // namespace lpaemu::emu
