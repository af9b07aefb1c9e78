#include "screen.h"

#include <algorithm>
#include <charconv>

namespace lpaemu::tests {

void Screen::resize(int rows, int columns) {
  rows_ = rows;
  columns_ = columns;
  const auto blank = Rows(static_cast<std::size_t>(rows), std::vector<Cell>(static_cast<std::size_t>(columns)));
  cells_ = other_ = blank;
  top_ = 0;
  bottom_ = rows - 1;
  move(0, 0);
}

void Screen::write(std::string_view bytes) {
  for (const char c : bytes) {
    switch (reading_) {
      case Reading::text:
        if (static_cast<unsigned char>(c) < ' ')
          control(c);
        else
          put(c);
        break;
      case Reading::escape: escape(c); break;
      case Reading::charset: reading_ = Reading::text; break;
      case Reading::title:
        if (c == '\a') reading_ = Reading::text;
        break;
      case Reading::sequence:
        if (c >= '@' && c <= '~') {
          reading_ = Reading::text;
          sequence(c);
        } else {
          sequence_ += c;
        }
        break;
    }
  }
}

void Screen::put(char c) {
  if (wrap_) {
    column_ = 0;
    line_feed();
  }
  last_ = c;
  cells_[static_cast<std::size_t>(row_)][static_cast<std::size_t>(column_)] = {c, styled_};
  wrap_ = column_ == columns_ - 1;
  if (!wrap_) ++column_;
}

void Screen::control(char c) {
  constexpr int tab = 8;
  switch (c) {
    case '\r': move(row_, 0); break;
    case '\n': line_feed(); break;
    case '\b': move(row_, column_ - 1); break;
    case '\t': move(row_, (column_ / tab + 1) * tab); break;
    case '\x1b': reading_ = Reading::escape; break;
    default: break;
  }
}

void Screen::escape(char c) {
  reading_ = Reading::text;
  switch (c) {
    case '[':
      reading_ = Reading::sequence;
      sequence_.clear();
      break;
    case ']': reading_ = Reading::title; break;
    case '(':
    case ')': reading_ = Reading::charset; break;
    case '7':
      saved_row_ = row_;
      saved_column_ = column_;
      break;
    case '8': move(saved_row_, saved_column_); break;
    case 'M':
      if (row_ == top_)
        scroll(top_, -1);
      else
        move(row_ - 1, column_);
      break;
    default: break;
  }
}

int Screen::parameter(std::size_t index, int otherwise) const {
  std::size_t begin = 0;
  for (; index > 0 && begin != std::string::npos; --index) begin = sequence_.find(';', begin + 1);
  if (begin == std::string::npos) return otherwise;
  const std::string_view text = std::string_view{sequence_}.substr(begin == 0 ? 0 : begin + 1);
  int value = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

void Screen::sequence(char final) {
  const int count = std::max(1, parameter(0, 1));
  switch (final) {
    case 'A': move(row_ - count, column_); break;
    case 'B': move(row_ + count, column_); break;
    case 'C': move(row_, column_ + count); break;
    case 'D': move(row_, column_ - count); break;
    case 'G': move(row_, count - 1); break;
    case 'd': move(count - 1, column_); break;
    case 'H': move(count - 1, parameter(1, 1) - 1); break;
    case 'J':
    case 'K':
    case 'X': erase(final, final == 'X' ? count : parameter(0, 0)); break;
    case 'P':
    case '@': shift(final, count); break;
    case 'L': scroll(row_, -count); break;
    case 'M': scroll(row_, count); break;
    case 'b':
      for (int i = 0; i < count; ++i) put(last_);
      break;
    case 'm': styled_ = sequence_.find_first_of("123456789") != std::string::npos && sequence_ != "39;49"; break;
    case 'r':
      top_ = count - 1;
      bottom_ = std::min(parameter(1, rows_), rows_) - 1;
      move(0, 0);
      break;
    case 'h': mode(true); break;
    case 'l': mode(false); break;
    default: break;
  }
}

void Screen::erase(char final, int how) {
  const Cell blank{};
  auto& line = cells_[static_cast<std::size_t>(row_)];
  const auto here = line.begin() + column_;
  if (final == 'X') {
    std::fill_n(here, std::min(how, columns_ - column_), blank);
    return;
  }
  if (how == 0) std::fill(here, line.end(), blank);
  if (how == 1) std::fill(line.begin(), here + 1, blank);
  if (how == 2) std::ranges::fill(line, blank);
  if (final == 'K') return;
  for (int row = 0; row < rows_; ++row)
    if ((how != 1 && row > row_) || (how != 0 && row < row_))
      std::ranges::fill(cells_[static_cast<std::size_t>(row)], blank);
}

void Screen::shift(char final, int count) {
  auto& line = cells_[static_cast<std::size_t>(row_)];
  const auto here = line.begin() + column_;
  count = std::min(count, columns_ - column_);
  if (final == 'P') {
    std::shift_left(here, line.end(), count);
    std::fill_n(line.end() - count, count, Cell{});
  } else {
    std::shift_right(here, line.end(), count);
    std::fill_n(here, count, Cell{});
  }
}

void Screen::mode(bool on) {
  if (sequence_ == "?25") cursor_shown_ = on;
  if (sequence_ != "?1049" || on == alternate_) return;
  alternate_ = on;
  std::swap(cells_, other_);
  if (on) {
    saved_row_ = row_;
    saved_column_ = column_;
  } else {
    move(saved_row_, saved_column_);
  }
}

void Screen::line_feed() {
  if (row_ == bottom_)
    scroll(top_, 1);
  else
    move(row_ + 1, column_);
  wrap_ = false;
}

/// Moves the lines from `from` to the bottom up by `count`, or down.
void Screen::scroll(int from, int count) {
  const auto begin = cells_.begin() + from;
  const auto end = cells_.begin() + bottom_ + 1;
  const std::vector<Cell> blank(static_cast<std::size_t>(columns_));
  for (; count > 0; --count) {
    std::rotate(begin, begin + 1, end);
    *(end - 1) = blank;
  }
  for (; count < 0; ++count) {
    std::rotate(begin, end - 1, end);
    *begin = blank;
  }
}

void Screen::move(int row, int column) {
  row_ = std::clamp(row, 0, rows_ - 1);
  column_ = std::clamp(column, 0, columns_ - 1);
  wrap_ = false;
}

std::vector<std::string> Screen::text() const {
  std::vector<std::string> lines;
  for (const auto& row : cells_) {
    std::string line;
    for (const Cell& cell : row) line += cell.c;
    line.erase(line.find_last_not_of(' ') + 1);
    lines.push_back(std::move(line));
  }
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

bool Screen::contains(std::string_view words) const {
  return std::ranges::any_of(text(), [&](const std::string& line) { return line.find(words) != std::string::npos; });
}

bool Screen::is_styled(std::string_view words) const {
  const auto lines = text();
  for (std::size_t row = 0; row < lines.size(); ++row)
    if (const std::size_t at = lines[row].find(words); at != std::string::npos) return cells_[row][at].styled;
  return false;
}

}  // namespace lpaemu::tests
