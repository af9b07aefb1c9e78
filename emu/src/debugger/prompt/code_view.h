// Code around an address: instructions and source lines.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lpaemu/emu/debugger/debugger.h"

namespace lpaemu::emu {

struct CodeLine {
  VirtAddr va;
  std::string text;  // "?" where nothing readable is mapped
};

/// How the code there is to be read: by the symbols, else like the code at the PC.
[[nodiscard]] InstructionSet set_at(Debugger& debugger, VirtAddr va);

/// The bytes of the function, or other symbol, that holds the address.
[[nodiscard]] std::optional<kernel::VirtRange> function_at(Debugger& debugger, VirtAddr va);

/// The instruction at `pc`, up to `before` ones of the same function in front of it, and `after` ones behind it.
[[nodiscard]] std::vector<CodeLine> code_around(Debugger& debugger, VirtAddr pc, std::size_t before, std::size_t after);

/// The instructions that begin in the range, as far as it is readable.
[[nodiscard]] std::vector<CodeLine> code_in(Debugger& debugger, kernel::VirtRange range);

/// A source file, as far as it can be shown: no controls but tabs, which are blanks. Errors name the file.
[[nodiscard]] Expected<std::vector<std::string>, Error> source_text(const std::string& path);

/// `lines` from `first` on (from 1), each with its number, `current` (0: none) marked.
[[nodiscard]] std::string numbered_lines(const std::vector<std::string>& lines, std::size_t first, std::size_t count,
                                         std::size_t current);

/// FILE:LINE, or LINE (decimal) of the file at the PC; nothing: the text is neither.
[[nodiscard]] Expected<std::optional<SourceLine>, Error> file_and_line(Debugger& debugger, std::string_view text);

/// The source lines and the instructions around the PC, for somebody who looks at a stop.
[[nodiscard]] std::string describe_code(Debugger& debugger);

}  // namespace lpaemu::emu
