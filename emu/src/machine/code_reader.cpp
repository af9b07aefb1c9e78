#include "lpaemu/emu/machine/code_reader.h"

#include <algorithm>

#include "lpaemu/emu/machine/guest_memory.h"
#include "lpaemu/mmu/walk.h"

namespace lpaemu::emu {

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

std::optional<std::string> CodeReader::source_file(std::string_view name) const {
  for (const Symbols& symbols : symbols_)
    if (auto found = symbols.source_file(name)) return found;
  return std::nullopt;
}

}  // namespace lpaemu::emu
