#include "lpaemu/emu/machine/code_reader.h"

#include <algorithm>

#include "lpaemu/mmu/walk.h"

namespace lpaemu::emu {

std::vector<std::byte> CodeReader::bytes_at(VirtAddr pc) {
  constexpr std::uint32_t longest = 4;
  std::vector<std::byte> bytes;
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

std::string CodeReader::source_line(VirtAddr address) const {
  for (const Symbols& symbols : symbols_)
    if (const auto found = symbols.source_line(address)) return found->text();
  return {};
}

}  // namespace lpaemu::emu
