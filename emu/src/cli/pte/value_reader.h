// The values of `HEX...|-`, one after the other.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lpaemu/emu/cli/line_io.h"

namespace lpaemu::emu {

inline constexpr const char* values_help =
    "Values are up to 16 hex digits in either case, with or without 0x. `-` reads one a line from standard input; "
    "empty lines are skipped. What is no value is reported on standard error with its line or place; the good ones "
    "before and after it are still printed. Exit status: 0, 2 wrong usage or something was no value, 125 standard "
    "input cannot be read or the output not written.";

class ValueReader {
 public:
  /// `words` are the arguments: values, or a single "-".
  ValueReader(const std::vector<std::string>& words, Output& output);

  /// The next good value; what is none is reported.
  [[nodiscard]] std::optional<std::uint64_t> next();
  /// Whether they come from standard input.
  [[nodiscard]] bool from_lines() const { return lines_.has_value(); }
  /// Writes the rest of the output; answers the exit status.
  [[nodiscard]] int finish();

 private:
  [[nodiscard]] std::optional<std::uint64_t> next_line(LineReader& lines);
  [[nodiscard]] std::optional<std::uint64_t> next_word();

  const std::vector<std::string>& words_;
  Output& output_;
  std::optional<LineReader> lines_;
  std::size_t taken_ = 0;  // of words_
  bool bad_ = false;
};

}  // namespace lpaemu::emu
