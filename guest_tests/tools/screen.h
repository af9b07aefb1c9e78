// What a terminal shows: the part of an xterm that line editors and ncurses use.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lpaemu::tests {

class Screen {
 public:
  Screen(int rows, int columns) { resize(rows, columns); }

  void write(std::string_view bytes);
  /// Clears it; what uses it draws again.
  void resize(int rows, int columns);

  /// The rows without blanks at their ends, and without empty ones at the end of all.
  [[nodiscard]] std::vector<std::string> text() const;
  [[nodiscard]] bool contains(std::string_view words) const;
  /// Whether the first character of `words`, wherever they are, is coloured, bold or reversed.
  [[nodiscard]] bool is_styled(std::string_view words) const;
  /// Whether what is shown is the one that full-screen programs use.
  [[nodiscard]] bool is_alternate() const { return alternate_; }
  [[nodiscard]] bool has_cursor() const { return cursor_shown_; }

 private:
  struct Cell {
    char c = ' ';
    bool styled = false;
  };
  using Rows = std::vector<std::vector<Cell>>;

  void put(char c);
  void control(char c);
  void escape(char c);
  void sequence(char final);
  void erase(char final, int how);
  void shift(char final, int count);
  void mode(bool on);
  void line_feed();
  void scroll(int from, int count);
  [[nodiscard]] int parameter(std::size_t index, int otherwise) const;
  void move(int row, int column);

  int rows_ = 0, columns_ = 0;
  Rows cells_, other_;  // the one that is shown, and the main screen while the alternate one is
  int row_ = 0, column_ = 0, saved_row_ = 0, saved_column_ = 0;
  int top_ = 0, bottom_ = 0;  // what scrolls
  bool wrap_ = false;         // the last column was written: the next character begins a line
  bool styled_ = false, alternate_ = false, cursor_shown_ = true;
  char last_ = ' ';

  enum class Reading : unsigned char { text, escape, sequence, charset, title } reading_ = Reading::text;
  std::string sequence_;  // parameters
};

}  // namespace lpaemu::tests
