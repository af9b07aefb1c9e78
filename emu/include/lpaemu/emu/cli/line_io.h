// Lines from a descriptor and text to one, a block at a time: a line costs no call of the C library.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lpaemu::emu {

/// Standard output. What is written is gathered; SIGPIPE is ignored from the first one on, so that a reader who has
/// gone away is an error to report.
class Output {
 public:
  Output();

  /// Append here, then call `written`.
  [[nodiscard]] std::string& text() { return text_; }
  /// Passes the text on when enough has come together.
  void written() {
    if (text_.size() >= block) flush();
  }
  void flush();
  [[nodiscard]] bool failed() const { return error_ != 0; }

  /// Writes the rest; answers `status`, or reports the failure and answers exit_failure.
  [[nodiscard]] int finish(int status);

 private:
  static constexpr std::size_t block = std::size_t{1} << 16;
  std::string text_;
  int error_ = 0;  // errno of the write that failed
};

/// The lines of a descriptor. Before it waits for more it flushes `output`, so that a question by pipe gets its answer.
class LineReader {
 public:
  /// `fd` stays the caller's.
  LineReader(int fd, Output& output);

  /// The next line without its end (\n or \r\n), valid until the next call; nothing at the end, after a failed read or
  /// when the output has failed. Of a line longer than `longest_line` only so much is given: see `cut`.
  [[nodiscard]] std::optional<std::string_view> next();
  /// Whether the line that `next` gave last goes on: what was given must not be taken for the line.
  [[nodiscard]] bool cut() const { return skips_rest_; }
  /// Of the line that `next` gave last, from 1.
  [[nodiscard]] std::uint64_t number() const { return number_; }
  /// errno of the read that failed, or 0.
  [[nodiscard]] int error() const { return error_; }

  static constexpr std::size_t longest_line = std::size_t{1} << 16;
  static constexpr std::string_view why_cut = "is longer than 64 KiB";

 private:
  /// Whether there is more to look at.
  [[nodiscard]] bool fill();

  int fd_;
  Output& output_;
  std::vector<char> buffer_;  // room for the longest line and its end
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t number_ = 0;
  int error_ = 0;
  bool skips_rest_ = false;  // of a line that was too long
};

}  // namespace lpaemu::emu
