// The full-screen view of a fault: what it shows, and how that is drawn.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lpaemu/emu/debugger/debugger.h"
#include "lpaemu/emu/full_screen.h"

namespace lpaemu::emu {

/// Everything that is shown, as text.
struct FaultView {
  struct Line {
    std::string text;
    bool current = false;
  };
  /// A field of the PTE, when the fault was raised and now.
  struct Field {
    std::string name;
    std::uint64_t before = 0;
    std::uint64_t now = 0;
  };

  std::string title{};
  std::optional<kernel::EventKind> phase{};  // nothing: no fault is being handled
  std::string place{};                       // "store_word+0x8 softdirty_demo.c:20"
  std::vector<Line> source{};
  std::vector<Line> code{};
  std::vector<std::string> registers{};  // "r0 0x60001010"
  std::string walk_heading{};
  std::vector<std::string> walk{};
  std::string pte_heading{};
  std::vector<Field> fields{};
  std::string vma{};
};

/// What there is to see at a stop; `code_rows` lines of source and code together. When no fault is being handled, walk
/// and PTE are those of the last one that was.
[[nodiscard]] FaultView look_at_fault(Debugger& debugger, const StopEvent& event, std::size_t code_rows);

/// The smallest screen that has room for the view.
inline constexpr ScreenSize smallest_layout{.rows = 24, .columns = 80};
/// How many lines of code a screen has room for.
[[nodiscard]] std::size_t code_rows_of(ScreenSize size);

/// Draws it. `message` takes the place of the keys in the last row. A screen that is too small says so.
[[nodiscard]] Grid draw(const FaultView& view, ScreenSize size, std::string_view message);

}  // namespace lpaemu::emu
