// Reads guest code through the page tables, for reports and traces: the instruction at an address, its text, its
// symbol.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lpaemu/emu/disasm.h"
#include "lpaemu/emu/loader/symbols.h"
#include "lpaemu/kernel_model/mm/mm_struct.h"

namespace lpaemu::emu {

class CodeReader {
 public:
  explicit CodeReader(mmu::PhysicalMemory& memory) : memory_{memory} {}

  /// The tables to read through; null until a program is loaded.
  void set_mm(kernel::mm_struct* mm) { mm_ = mm; }
  /// Code that was never fetched is read as well, from the file behind it: for a debugger, which looks ahead.
  void look_ahead() { look_ahead_ = true; }
  void add_symbols(Symbols symbols) { symbols_.push_back(std::move(symbols)); }

  /// The instruction at `pc`; nothing where nothing readable is mapped. Causes no fault and emits no event.
  [[nodiscard]] std::optional<Encoding> instruction_at(VirtAddr pc, InstructionSet set);
  /// "strb r3, [r2]", or "?" where nothing readable is mapped.
  [[nodiscard]] std::string text_at(VirtAddr pc, InstructionSet set);
  /// The same with what is meant: the symbol of a branch's target, a literal's address and value.
  [[nodiscard]] std::string explained_at(VirtAddr pc, InstructionSet set);
  /// "main+0x10"; empty where no symbol covers the address.
  [[nodiscard]] std::string symbol(VirtAddr address) const;
  /// The first byte and the size of a symbol.
  [[nodiscard]] std::optional<kernel::VirtRange> range_of(std::string_view symbol) const;
  /// The symbols that begin so, for completion.
  [[nodiscard]] std::vector<std::string> symbols_beginning(std::string_view prefix) const;
  /// How the code at the address is to be read, as far as the program's symbols say.
  [[nodiscard]] std::optional<InstructionSet> instruction_set_at(VirtAddr address) const;
  /// "hello.c:12"; empty without debug information.
  [[nodiscard]] std::string source_line(VirtAddr address) const;
  /// The same with the file's whole path.
  [[nodiscard]] std::optional<SourceLine> source_place(VirtAddr address) const;
  /// The path of a source file; see Symbols::source_file.
  [[nodiscard]] std::optional<std::string> source_file(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> source_files() const;
  /// The first instruction of a source line; see Symbols::code_of.
  [[nodiscard]] std::optional<VirtAddr> code_of(const SourceLine& place) const;
  /// The registers of a function's caller; see Symbols::caller.
  [[nodiscard]] std::optional<FrameRegisters> caller(VirtAddr pc, const FrameRegisters& frame) const;

 private:
  /// Up to four bytes from `pc` on: fewer when the next page is not mapped.
  [[nodiscard]] std::vector<std::byte> bytes_at(VirtAddr pc);
  /// "0x00010400 <puts>"
  [[nodiscard]] std::string with_symbol(VirtAddr address) const;
  [[nodiscard]] std::string literal(VirtAddr address, std::string_view mnemonic);

  mmu::PhysicalMemory& memory_;
  kernel::mm_struct* mm_ = nullptr;
  bool look_ahead_ = false;
  Disassembler disassembler_;
  std::vector<Symbols> symbols_;
};

}  // namespace lpaemu::emu
