// From a FaultView to a grid.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lpaemu/emu/debugger/fault_view.h"

namespace lpaemu::emu {
namespace {

using kernel::EventKind;

struct Rung {
  EventKind kind;
  std::string_view name;  // as docs/EVENTS.md has it
};
constexpr std::array ladder{
    Rung{EventKind::FaultRaised, "raised"},     Rung{EventKind::VmaFound, "vma-found"},
    Rung{EventKind::Decided, "decided"},        Rung{EventKind::TableWritten, "table-written"},
    Rung{EventKind::PteWritten, "pte-written"}, Rung{EventKind::TlbInvalidated, "tlb-invalidated"},
    Rung{EventKind::Returned, "returned"},
};

// Rows that are not code: title, ladder, three headings, walk, PTE, mapping, keys.
constexpr int walk_rows = 4, field_rows = 4, other_rows = 15;
constexpr int registers_width = 33, register_columns = 2;
constexpr std::string_view keys = "p phase   f finish-fault   r retry   s stepi   c continue   q prompt";

void draw_ladder(Grid& grid, int row, const std::optional<EventKind>& phase) {
  if (!phase) {
    grid.put(row, 0, "no fault is being handled; c runs to the next catchpoint");
    return;
  }
  int column = 0;
  for (const Rung& rung : ladder) {
    const bool present = rung.kind == *phase;
    const std::string name = present ? fmt::format("[{}]", rung.name) : std::string{rung.name};
    if (column != 0) grid.put(row, column++, ">");
    grid.put(row, column, name, present ? Style::present : Style::normal);
    column += static_cast<int>(name.size());
  }
}

void draw_heading(Grid& grid, int row, int column, std::string_view text) {
  const std::string line = fmt::format("-- {} ", text);
  const int room = std::max(0, grid.columns() - column - static_cast<int>(line.size()));
  grid.put(row, column, line + std::string(static_cast<std::size_t>(room), '-'), Style::heading);
}

void draw_code(Grid& grid, int row, int width, const FaultView& view) {
  std::vector<FaultView::Line> lines = view.source;
  std::ranges::copy(view.code, std::back_inserter(lines));
  lines.resize(std::min(lines.size(), code_rows_of({grid.rows(), grid.columns()})));
  for (const FaultView::Line& line : lines)
    grid.put(row++, 0, line.text, line.current ? Style::present : Style::normal, width);
}

void draw_registers(Grid& grid, int row, int column, const std::vector<std::string>& registers) {
  const std::size_t per_column = (registers.size() + register_columns - 1) / register_columns;
  constexpr int width = registers_width / register_columns;
  for (std::size_t i = 0; i < registers.size() && per_column <= code_rows_of(smallest_layout); ++i)
    grid.put(row + static_cast<int>(i % per_column), column + static_cast<int>(i / per_column) * width, registers[i]);
}

/// A column a field: its name, the value before, the value now, and a mark where they differ.
void draw_fields(Grid& grid, int row, const std::vector<FaultView::Field>& fields) {
  constexpr std::array names{"", "before", "now"};
  for (int i = 0; i < 3; ++i) grid.put(row + i, 0, names[static_cast<std::size_t>(i)]);
  int column = 7;
  for (const FaultView::Field& field : fields) {
    const Style style = field.before == field.now ? Style::normal : Style::changed;
    grid.put(row, column, field.name, style);
    grid.put(row + 1, column, fmt::format("{:x}", field.before), style);
    grid.put(row + 2, column, fmt::format("{:x}", field.now), style);
    if (field.before != field.now) grid.put(row + 3, column, "^", style);
    column += static_cast<int>(field.name.size()) + 1;
  }
}

void draw_bar(Grid& grid, int row, std::string_view text) {
  grid.style_row(row, Style::title);
  grid.put(row, 0, text, Style::title);
}

}  // namespace

std::size_t code_rows_of(ScreenSize size) { return static_cast<std::size_t>(std::max(0, size.rows - other_rows)); }

Grid draw(const FaultView& view, ScreenSize size, std::string_view message) {
  Grid grid{std::max(1, size.rows), std::max(1, size.columns)};
  if (size.rows < smallest_layout.rows || size.columns < smallest_layout.columns) {
    grid.put(0, 0,
             fmt::format("{}x{} is too small, {}x{} is needed; q prompt", size.columns, size.rows,
                         smallest_layout.columns, smallest_layout.rows));
    return grid;
  }
  int row = 0;
  draw_bar(grid, row++, view.title);
  draw_ladder(grid, row++, view.phase);

  const int code_width = size.columns - registers_width - 1;
  draw_heading(grid, row, 0, view.place);
  draw_heading(grid, row++, code_width + 1, "registers");
  draw_code(grid, row, code_width, view);
  draw_registers(grid, row, code_width + 1, view.registers);
  row += static_cast<int>(code_rows_of(size));

  draw_heading(grid, row++, 0, view.walk_heading);
  for (std::size_t i = 0; i < view.walk.size() && i < walk_rows; ++i)
    grid.put(row + static_cast<int>(i), 0, view.walk[i]);
  row += walk_rows;

  draw_heading(grid, row++, 0, view.pte_heading);
  draw_fields(grid, row, view.fields);
  row += field_rows;
  grid.put(row, 0, view.vma);
  draw_bar(grid, grid.rows() - 1, message.empty() ? keys : message);
  return grid;
}

}  // namespace lpaemu::emu
