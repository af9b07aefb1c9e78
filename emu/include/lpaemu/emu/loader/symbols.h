// Names and source lines of guest addresses, for reports.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lpaemu/mmu/address.h"

namespace lpaemu::emu {

using mmu::VirtAddr;

struct Symbol {
  std::string name;
  std::uint32_t offset = 0;  // from the symbol's first byte

  /// "main+0x10", or "main" at its first byte.
  [[nodiscard]] std::string text() const;
};

struct SourceLine {
  std::string file;
  unsigned line = 0;

  /// "hello.c:12": without the folder, which is one of the machine that compiled it.
  [[nodiscard]] std::string text() const;
};

/// The core registers of a function that is under way, as far as they are known.
struct FrameRegisters {
  std::array<std::optional<std::uint32_t>, 16> r{};
};
using ReadWord = std::function<std::optional<std::uint32_t>(VirtAddr va)>;

/// The symbols of one ELF file in memory. Nothing is read before the first question; a file without symbols, or a
/// broken one, has no answers.
class Symbols {
 public:
  /// Gives the file's bytes; called once at most, at the first question. May give nothing.
  using Source = std::function<std::vector<std::byte>()>;

  /// `load_bias`: what exec added to the file's addresses; 0 for ET_EXEC.
  explicit Symbols(Source source, std::uint32_t load_bias = 0);
  Symbols(Symbols&&) noexcept;
  Symbols& operator=(Symbols&&) noexcept;
  ~Symbols();

  /// The function or object that holds the address: the innermost one that covers it; a symbol without a size reaches
  /// to the next one. The Thumb bit does not matter.
  [[nodiscard]] std::optional<Symbol> symbol(VirtAddr address) const;
  /// From the line table, where the program has debug information.
  [[nodiscard]] std::optional<SourceLine> source_line(VirtAddr address) const;
  /// The source file that the program was made from and that `name` means: its path, or the end of it behind a slash.
  [[nodiscard]] std::optional<std::string> source_file(std::string_view name) const;
  /// The paths of all source files that the program was made from.
  [[nodiscard]] std::vector<std::string> source_files() const;
  /// The first instruction of the line `place` of that file, or of the next line behind it that has code.
  [[nodiscard]] std::optional<VirtAddr> code_of(const SourceLine& place) const;
  /// The registers of the function's caller when it goes on, by the call frame information for the code at `pc`.
  [[nodiscard]] std::optional<FrameRegisters> caller(VirtAddr pc, const FrameRegisters& frame,
                                                     const ReadWord& read_word) const;
  /// The address of a symbol, for breakpoints by name: without the Thumb bit.
  [[nodiscard]] std::optional<VirtAddr> address_of(std::string_view name) const;
  /// How many bytes a symbol has: to the next one where it does not say. 0 for a name that is none.
  [[nodiscard]] std::uint32_t size_of(std::string_view name) const;
  /// The names that begin so, for completion.
  [[nodiscard]] std::vector<std::string> names_beginning(std::string_view prefix) const;
  /// Whether the code at the address is Thumb, by the mapping symbols ($a, $t), else by the function's own address.
  /// Nothing where neither says.
  [[nodiscard]] std::optional<bool> is_thumb(VirtAddr address) const;

 private:
  class File;
  [[nodiscard]] File& file() const;

  Source source_;
  std::uint32_t load_bias_;
  mutable std::unique_ptr<File> file_;
};

}  // namespace lpaemu::emu
