#include "lpaemu/emu/disasm.h"

#include <capstone/capstone.h>
#include <fmt/format.h>

#include <array>

namespace lpaemu::emu {
namespace {

/// What the bits are called when they are no instruction, in the GNU assembler's words.
Instruction not_an_instruction(const Encoding& encoding, VirtAddr pc) {
  if (encoding.set == InstructionSet::arm) return {pc, encoding, ".inst", fmt::format("{:#010x}", encoding.bits)};
  if (encoding.size == 2) return {pc, encoding, ".inst.n", fmt::format("{:#06x}", encoding.bits)};
  return {pc, encoding, ".inst.w", fmt::format("{:#010x}", encoding.bits)};
}

/// The instruction as it lies in memory.
std::array<std::uint8_t, 4> bytes_of(const Encoding& encoding) {
  const bool swap_halves = encoding.set == InstructionSet::thumb && encoding.size == 4;
  const std::uint32_t word = swap_halves ? encoding.bits >> 16 | encoding.bits << 16 : encoding.bits;
  const auto byte = [word](unsigned n) { return static_cast<std::uint8_t>(word >> (8 * n)); };
  return {byte(0), byte(1), byte(2), byte(3)};
}

Instruction disassemble_anew(csh handle, const Encoding& encoding, VirtAddr pc) {
  if (handle == 0) return not_an_instruction(encoding, pc);
  const auto bytes = bytes_of(encoding);
  cs_insn* found = nullptr;
  const std::size_t count = cs_disasm(handle, bytes.data(), encoding.size, pc.raw(), 1, &found);
  if (count == 0) return not_an_instruction(encoding, pc);
  Instruction result{pc, encoding, found->mnemonic, found->op_str};
  const bool whole = found->size == encoding.size;
  cs_free(found, count);
  return whole ? result : not_an_instruction(encoding, pc);
}

}  // namespace

/// One Capstone handle for each instruction set, for ARMv7-A: neither MCLASS nor V8. (Capstone 5 prints some ARMv8
/// instructions all the same.) And what was disassembled last: a fault that repeats is shown with the same few
/// instructions, and Capstone takes microseconds for each.
class Disassembler::Capstone {
 public:
  Capstone() {
    open(CS_MODE_ARM, handles_[0]);
    open(CS_MODE_THUMB, handles_[1]);
  }
  Capstone(const Capstone&) = delete;
  Capstone& operator=(const Capstone&) = delete;
  ~Capstone() {
    for (csh& handle : handles_)
      if (handle != 0) cs_close(&handle);
  }

  /// 0 where Capstone has no ARM.
  [[nodiscard]] csh of(InstructionSet set) const { return handles_[set == InstructionSet::arm ? 0 : 1]; }
  /// The place of what was disassembled last at `pc`, or at an address that shares the place; no mnemonic: nothing.
  [[nodiscard]] Instruction& last_at(VirtAddr pc) { return last_[pc.raw() / 2 % last_.size()]; }

 private:
  static void open(cs_mode mode, csh& handle) {
    if (cs_open(CS_ARCH_ARM, mode, &handle) != CS_ERR_OK) handle = 0;
  }

  std::array<csh, 2> handles_{};
  std::array<Instruction, 256> last_;
};

Disassembler::Disassembler() = default;
Disassembler::Disassembler(Disassembler&&) noexcept = default;
Disassembler& Disassembler::operator=(Disassembler&&) noexcept = default;
Disassembler::~Disassembler() = default;

std::optional<Instruction> Disassembler::disassemble(std::span<const std::byte> memory, VirtAddr pc,
                                                     InstructionSet set) {
  const auto encoding = encoding_at(memory, set);
  if (!encoding) return std::nullopt;
  return disassemble(*encoding, pc);
}

Instruction Disassembler::disassemble(const Encoding& encoding, VirtAddr pc) {
  if (!capstone_) capstone_ = std::make_unique<Capstone>();
  Instruction& last = capstone_->last_at(pc);
  if (last.mnemonic.empty() || last.pc != pc || last.encoding != encoding)
    last = disassemble_anew(capstone_->of(encoding.set), encoding, pc);
  return last;
}

std::string capstone_version() {
  // cs_version() gives major and minor of the library; the third number is known only at compile time.
  int major = 0;
  int minor = 0;
  cs_version(&major, &minor);
  return fmt::format("{}.{}.{}", major, minor, CS_VERSION_EXTRA);
}

}  // namespace lpaemu::emu
