// A screen as data: rows of styled characters, which a test can compare and a terminal can paint.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lpaemu::emu {

enum class Style : std::uint8_t { normal, heading, title, present, changed };

struct Cell {
  char c = ' ';
  Style style = Style::normal;
  friend bool operator==(const Cell&, const Cell&) = default;
};

class Grid {
 public:
  Grid(int rows, int columns);

  [[nodiscard]] int rows() const { return rows_; }
  [[nodiscard]] int columns() const { return columns_; }
  [[nodiscard]] const Cell& at(int row, int column) const { return cells_[index(row, column)]; }

  /// Writes from a place to the right, as far as `width` columns and the grid go; what is no ASCII character becomes ?.
  void put(int row, int column, std::string_view text, Style style = Style::normal, int width = 1 << 15);
  /// Gives a whole row a style.
  void style_row(int row, Style style);

  /// The characters, a line a row, without blanks at the ends.
  [[nodiscard]] std::string text() const;

 private:
  [[nodiscard]] std::size_t index(int row, int column) const {
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(columns_) + static_cast<std::size_t>(column);
  }
  int rows_;
  int columns_;
  std::vector<Cell> cells_;
};

}  // namespace lpaemu::emu
