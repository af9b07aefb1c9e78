#include "lpaemu/emu/machine/code_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "lpaemu/emu/machine/guest_memory.h"
#include "lpaemu/mmu/walk.h"

namespace lpaemu::emu {
namespace {

/// B, BL and BLX with a condition and a width, CBZ and CBNZ: what has an address to go to as its last operand.
bool branches_to_address(std::string_view mnemonic) {
  constexpr std::array<std::string_view, 16> conditions{"",   "eq", "ne", "hs", "lo", "mi", "pl", "vs",
                                                        "vc", "hi", "ls", "ge", "lt", "gt", "le", "al"};
  mnemonic = mnemonic.substr(0, mnemonic.find('.'));
  if (mnemonic == "cbz" || mnemonic == "cbnz") return true;
  return std::ranges::any_of(std::array<std::string_view, 3>{"b", "bl", "blx"}, [&](std::string_view base) {
    return mnemonic.starts_with(base) &&
           std::ranges::find(conditions, mnemonic.substr(base.size())) != conditions.end();
  });
}

/// "#0x10", "#-0x10", "#8"
std::optional<std::uint32_t> immediate(std::string_view text) {
  if (!text.starts_with('#')) return std::nullopt;
  text.remove_prefix(1);
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const bool hex = text.starts_with("0x");
  if (hex) text.remove_prefix(2);
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, hex ? 16 : 10);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return negative ? 0U - value : value;
}

/// What is added to the PC of `[pc, #imm]`, the last operand of a load.
std::optional<std::uint32_t> literal_offset(const Instruction& instruction) {
  const std::string_view operands = instruction.operands;
  const std::size_t begin = operands.rfind("[pc");
  const bool load = instruction.mnemonic.starts_with("ldr") || instruction.mnemonic.starts_with("vldr");
  if (!load || begin == std::string_view::npos || !operands.ends_with(']')) return std::nullopt;
  const std::string_view inside = operands.substr(begin + 3, operands.size() - begin - 4);
  if (inside.empty()) return 0;
  return inside.starts_with(", ") ? immediate(inside.substr(2)) : std::nullopt;
}

}  // namespace

std::vector<std::byte> CodeReader::bytes_at(VirtAddr pc) {
  constexpr std::uint32_t longest = 4;
  std::vector<std::byte> bytes;
  if (look_ahead_ && mm_ != nullptr) {
    bytes.resize(longest);
    bytes.resize(peek(*mm_, pc, bytes));
    return bytes;
  }
  while (mm_ != nullptr && bytes.size() < longest) {
    const VirtAddr at = pc + static_cast<std::uint32_t>(bytes.size());
    const auto found = mmu::walk(memory_, mm_->regime(), at, mmu::Access::read, mmu::Privilege::pl1);
    if (!found) break;
    const auto page = memory_.page(found->pa);
    const std::size_t here = std::min<std::size_t>(longest - bytes.size(), mmu::PAGE_SIZE - at.page_offset());
    if (page.empty()) break;
    const auto part = page.subspan(at.page_offset(), here);
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  return bytes;
}

std::optional<Encoding> CodeReader::instruction_at(VirtAddr pc, InstructionSet set) {
  return encoding_at(bytes_at(pc), set);
}

std::string CodeReader::text_at(VirtAddr pc, InstructionSet set) {
  const auto instruction = disassembler_.disassemble(bytes_at(pc), pc, set);
  return instruction ? instruction->text() : "?";
}

std::string CodeReader::with_symbol(VirtAddr address) const {
  const std::string name = symbol(address);
  return fmt::format("{:#x}{}", address.raw(), name.empty() ? "" : " <" + name + ">");
}

std::string CodeReader::literal(VirtAddr address, std::string_view mnemonic) {
  std::string text = fmt::format("  ; {:#x}", address.raw());
  const auto bytes = bytes_at(address);
  std::uint32_t value = 0;
  if (!mnemonic.starts_with("ldr") || mnemonic.substr(3, 1).find_first_of("bhsd") == 0 || bytes.size() < sizeof value)
    return text;
  std::memcpy(&value, bytes.data(), sizeof value);
  return text + ": " + with_symbol(VirtAddr{value});
}

std::string CodeReader::explained_at(VirtAddr pc, InstructionSet set) {
  const auto instruction = disassembler_.disassemble(bytes_at(pc), pc, set);
  if (!instruction) return "?";
  const std::string& operands = instruction->operands;
  const std::size_t last = operands.rfind('#');
  if (branches_to_address(instruction->mnemonic) && last != std::string::npos)
    if (const auto target = immediate(std::string_view{operands}.substr(last)))
      return fmt::format("{} {}{}", instruction->mnemonic, operands.substr(0, last), with_symbol(VirtAddr{*target}));
  const auto offset = literal_offset(*instruction);
  if (!offset) return instruction->text();
  // [armv7 A5.1.2: the PC reads as the instruction's address and 8 (ARM) or 4 (Thumb); Align(PC, 4) for literals]
  const std::uint32_t base = (pc.raw() + (set == InstructionSet::arm ? 8 : 4)) & ~3U;
  return instruction->text() + literal(VirtAddr{base + *offset}, instruction->mnemonic);
}

std::string CodeReader::symbol(VirtAddr address) const {
  for (const Symbols& symbols : symbols_)
    if (const auto found = symbols.symbol(address)) return found->text();
  return {};
}

std::optional<kernel::VirtRange> CodeReader::range_of(std::string_view symbol) const {
  for (const Symbols& symbols : symbols_)
    if (const auto start = symbols.address_of(symbol))
      return kernel::VirtRange{*start, *start + symbols.size_of(symbol)};
  return std::nullopt;
}

std::vector<std::string> CodeReader::symbols_beginning(std::string_view prefix) const {
  std::vector<std::string> names;
  for (const Symbols& symbols : symbols_) std::ranges::move(symbols.names_beginning(prefix), std::back_inserter(names));
  return names;
}

std::optional<InstructionSet> CodeReader::instruction_set_at(VirtAddr address) const {
  for (const Symbols& symbols : symbols_)
    if (const auto thumb = symbols.is_thumb(address)) return *thumb ? InstructionSet::thumb : InstructionSet::arm;
  return std::nullopt;
}

std::string CodeReader::source_line(VirtAddr address) const {
  const auto place = source_place(address);
  return place ? place->text() : std::string{};
}

std::optional<SourceLine> CodeReader::source_place(VirtAddr address) const {
  for (const Symbols& symbols : symbols_)
    if (auto found = symbols.source_line(address)) return found;
  return std::nullopt;
}

std::vector<std::string> CodeReader::source_files() const {
  std::vector<std::string> all;
  for (const Symbols& symbols : symbols_) std::ranges::move(symbols.source_files(), std::back_inserter(all));
  return all;
}

std::optional<VirtAddr> CodeReader::code_of(const SourceLine& place) const {
  for (const Symbols& symbols : symbols_)
    if (const auto found = symbols.code_of(place)) return found;
  return std::nullopt;
}

std::optional<FrameRegisters> CodeReader::caller(VirtAddr pc, const FrameRegisters& frame) const {
  const auto read_word = [this](VirtAddr va) { return mm_ == nullptr ? std::nullopt : peek_word(*mm_, va); };
  for (const Symbols& symbols : symbols_)
    if (const auto found = symbols.caller(pc, frame, read_word)) return found;
  return std::nullopt;
}

std::optional<std::string> CodeReader::source_file(std::string_view name) const {
  for (const Symbols& symbols : symbols_)
    if (auto found = symbols.source_file(name)) return found;
  return std::nullopt;
}

}  // namespace lpaemu::emu
