#include "call_frame.h"

#include <dwarf.h>

#include <cstdlib>
#include <memory>

namespace lpaemu::emu {
namespace {

struct Free {
  void operator()(Dwarf_Frame* frame) const { std::free(frame); }  // NOLINT(cppcoreguidelines-no-malloc): libdw's
};

constexpr int sp = 13, lr = 14, pc = 15;

std::optional<std::uint32_t> value_of(const FrameRegisters& frame, std::uint64_t number) {
  return number < frame.r.size() ? frame.r[number] : std::nullopt;
}

/// Of what DWARF can say the two forms that compilers use for ARM: a register and an offset.
std::optional<std::uint32_t> canonical_frame_address(Dwarf_Frame* rules, const FrameRegisters& frame) {
  Dwarf_Op* ops = nullptr;
  std::size_t count = 0;
  if (dwarf_frame_cfa(rules, &ops, &count) != 0 || count != 1) return std::nullopt;
  const Dwarf_Op& op = *ops;
  const bool wide = op.atom == DW_OP_bregx;
  if (!wide && (op.atom < DW_OP_breg0 || op.atom > DW_OP_breg31)) return std::nullopt;
  const auto base = value_of(frame, wide ? op.number : op.atom - DW_OP_breg0);
  if (!base) return std::nullopt;
  return *base + static_cast<std::uint32_t>(wide ? op.number2 : op.number);
}

std::optional<std::uint32_t> register_of_caller(Dwarf_Frame* rules, int number, std::uint32_t cfa,
                                                const FrameRegisters& frame, const ReadWord& read_word) {
  constexpr std::size_t room = 3;
  Dwarf_Op memory[room];
  Dwarf_Op* ops = nullptr;
  std::size_t count = 0;
  if (dwarf_frame_register(rules, number, memory, &ops, &count) != 0) return std::nullopt;
  if (count == 0)  // the same; or, where ops is not null, unknown: then what the calling standard preserves is the same
    return ops == nullptr || (number >= 4 && number < sp) ? frame.r[static_cast<std::size_t>(number)] : std::nullopt;
  if (ops[0].atom == DW_OP_regx) return value_of(frame, ops[0].number);
  if (ops[0].atom >= DW_OP_reg0 && ops[0].atom <= DW_OP_reg31) return value_of(frame, ops[0].atom - DW_OP_reg0);
  if (ops[0].atom != DW_OP_call_frame_cfa) return std::nullopt;
  std::uint32_t at = cfa;
  if (count > 1 && ops[1].atom == DW_OP_plus_uconst) at += static_cast<std::uint32_t>(ops[1].number);
  return ops[count - 1].atom == DW_OP_stack_value ? std::optional{at} : read_word(VirtAddr{at});
}

}  // namespace

std::optional<FrameRegisters> caller_by(Dwarf* dwarf, std::uint64_t address, const FrameRegisters& frame,
                                        const ReadWord& read_word) {
  Dwarf_CFI* const information = dwarf == nullptr ? nullptr : dwarf_getcfi(dwarf);
  Dwarf_Frame* found = nullptr;
  if (information == nullptr || dwarf_cfi_addrframe(information, address, &found) != 0) return std::nullopt;
  const std::unique_ptr<Dwarf_Frame, Free> rules{found};
  const auto cfa = canonical_frame_address(rules.get(), frame);
  if (!cfa) return std::nullopt;
  FrameRegisters caller;
  for (int i = 0; i < pc; ++i)
    caller.r[static_cast<std::size_t>(i)] = register_of_caller(rules.get(), i, *cfa, frame, read_word);
  caller.r[sp] = cfa;
  caller.r[pc] = caller.r[lr] ? caller.r[lr] : frame.r[lr];  // a leaf has its way back where it was
  return caller;
}

}  // namespace lpaemu::emu
