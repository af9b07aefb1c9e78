#include "value_reader.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "lpaemu/emu/blanks.h"
#include "lpaemu/emu/cli/commands.h"
#include "lpaemu/emu/cli/hex.h"
#include "lpaemu/emu/cli/pte.h"

namespace lpaemu::emu {
namespace {

constexpr std::string_view no_value = "is not a 64-bit hex value; write up to 16 hex digits, e.g. 0x8e0000123456f5f";

void report(std::string_view unit, std::uint64_t number, std::string_view text, std::string_view why) {
  fmt::print(stderr, "lpaemu: error: {} {}: {} {}\n", unit, number, in_quotes(text), why);
}

}  // namespace

void add_values_option(CLI::App& command, std::vector<std::string>& words) {
  command.add_option("HEX", words, "64-bit values, or - for one a line on standard input")
      ->required()
      ->option_text("REQUIRED");
  command.footer(values_help);
}

void check_values(const std::vector<std::string>& words) {
  if (words.size() > 1 && std::ranges::find(words, "-") != words.end())
    throw CLI::ValidationError("HEX", "- stands alone, without values");
}

ValueReader::ValueReader(const std::vector<std::string>& words, Output& output) : words_{words}, output_{output} {
  if (words_.size() == 1 && words_.front() == "-") lines_.emplace(STDIN_FILENO, output);
}

std::optional<std::uint64_t> ValueReader::next() { return lines_ ? next_line(*lines_) : next_word(); }

std::optional<std::uint64_t> ValueReader::next_line(LineReader& lines) {
  while (const auto line = lines.next()) {
    const std::string_view text = trimmed(*line);
    if (lines.cut()) {
      report("line", lines.number(), *line, LineReader::why_cut);
    } else if (text.empty()) {
      continue;
    } else {
      if (const auto value = parse_hex64(text)) return value;
      report("line", lines.number(), text, no_value);
    }
    bad_ = true;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> ValueReader::next_word() {
  while (taken_ < words_.size()) {
    const std::string& text = words_[taken_++];
    if (const auto value = parse_hex64(text)) return value;
    report("argument", taken_, text, no_value);
    bad_ = true;
  }
  return std::nullopt;
}

int ValueReader::finish() {
  const int status = output_.finish(bad_ ? exit_usage : 0);
  if (status == exit_failure || !lines_ || lines_->error() == 0) return status;
  return fail(fmt::format("cannot read standard input: {}", std::strerror(lines_->error())));
}

}  // namespace lpaemu::emu
