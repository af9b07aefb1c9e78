#include "lpaemu/emu/grid.h"

#include <algorithm>

namespace lpaemu::emu {

Grid::Grid(int rows, int columns)
    : rows_{rows}, columns_{columns}, cells_(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns)) {}

void Grid::put(int row, int column, std::string_view text, Style style, int width) {
  if (row < 0 || row >= rows_ || column < 0) return;
  const int end =
      std::min(columns_, column + std::min(width, static_cast<int>(std::min<std::size_t>(text.size(), 1U << 15))));
  for (int at = column; at < end; ++at) {
    const char c = text[static_cast<std::size_t>(at - column)];
    cells_[index(row, at)] = {c >= ' ' && c <= '~' ? c : '?', style};
  }
}

void Grid::style_row(int row, Style style) {
  for (int column = 0; column < columns_; ++column) cells_[index(row, column)].style = style;
}

std::string Grid::text() const {
  std::string all;
  for (int row = 0; row < rows_; ++row) {
    std::string line;
    for (int column = 0; column < columns_; ++column) line += at(row, column).c;
    line.erase(line.find_last_not_of(' ') + 1);
    all += line + '\n';
  }
  return all;
}

}  // namespace lpaemu::emu
