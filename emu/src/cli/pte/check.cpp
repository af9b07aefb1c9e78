// `lpaemu pte check`: a file of IN<TAB>OUT against the model.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "check_report.h"
#include "lpaemu/emu/blanks.h"
#include "lpaemu/emu/cli/hex.h"
#include "lpaemu/emu/cli/line_io.h"
#include "lpaemu/emu/cli/pte.h"
#include "lpaemu/emu/host/unique_fd.h"
#include "lpaemu/mmu/proc_v7_3level.h"

namespace lpaemu::emu {
namespace {

struct Options {
  std::string file;
  std::string format = "text";
};

constexpr int exit_difference = 1;

/// IN and OUT, with blanks or tabs between them.
std::optional<std::pair<std::uint64_t, std::uint64_t>> parse_vector(std::string_view text) {
  const auto gap = text.find_first_of(" \t");
  if (gap == std::string_view::npos) return std::nullopt;
  const auto in = parse_hex64(text.substr(0, gap));
  const auto out = parse_hex64(trimmed(text.substr(gap)));
  if (!in || !out) return std::nullopt;
  return std::pair{*in, *out};
}

void report_bad(CheckReport& report, std::uint64_t number, std::string_view text, std::string_view why) {
  fmt::print(stderr, "lpaemu: error: line {}: {} {}\n", number, in_quotes(text), why);
  report.bad_line(number, text);
}

/// Of the line that `lines` gave last.
void check_line(std::string_view line, const LineReader& lines, CheckReport& report) {
  const std::string_view text = trimmed(line);
  if (text.starts_with('#')) return;
  if (lines.cut()) return report_bad(report, lines.number(), line, LineReader::why_cut);
  if (text.empty()) return;
  const auto vector = parse_vector(text);
  if (!vector) return report_bad(report, lines.number(), text, "is not IN<TAB>OUT, two 64-bit hex values");
  const auto [in, out] = *vector;
  report.vector({lines.number(), in, out, mmu::set_pte_ext_value(mmu::Pte{in})});
}

void check_lines(LineReader& lines, CheckReport& report, Output& output) {
  while (const auto line = lines.next()) {
    check_line(*line, lines, report);
    output.written();
  }
}

int run(const Options& options) {
  const bool standard_input = options.file == "-";
  const std::string name = standard_input ? "standard input" : "'" + options.file + "'";
  const UniqueFd fd{standard_input ? -1 : ::open(options.file.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!standard_input && !fd.valid()) return fail(fmt::format("cannot read {}: {}", name, std::strerror(errno)));

  Output output;
  LineReader lines{standard_input ? STDIN_FILENO : fd.get(), output};
  const auto report = make_check_report(options.format, output.text());
  check_lines(lines, *report, output);
  if (lines.error() != 0) {  // no summary: it would say that the rest agrees
    static_cast<void>(output.finish(exit_failure));
    return fail(fmt::format("cannot read {}: {}", name, std::strerror(lines.error())));
  }
  report->finish();
  if (report->vectors() + report->bad() == 0) {
    static_cast<void>(output.finish(exit_usage));
    fmt::print(stderr, "lpaemu: error: {} holds no vector; write lines IN<TAB>OUT\n", name);
    return exit_usage;
  }
  if (report->bad() != 0) return output.finish(exit_usage);
  return output.finish(report->differed() != 0 ? exit_difference : 0);
}

}  // namespace

void add_pte_check_command(CLI::App& pte, Action& action) {
  CLI::App* command = pte.add_subcommand("check", "Compares lines IN<TAB>OUT with what cpu_v7_set_pte_ext stores");
  const auto options = std::make_shared<Options>();
  command->add_option("FILE", options->file, "The vectors, or - for standard input")
      ->required()
      ->option_text("REQUIRED");
  command->add_option("--format", options->format, "text: differences and counts; tap; junit")
      ->check(CLI::IsMember({"text", "tap", "junit"}))
      ->capture_default_str();
  command->footer(
      "Empty lines and lines that begin with # are skipped. Exit status: 0 all agree, 1 some differ, 2 a line is no "
      "vector or there is none (the others are still compared), 125 the file cannot be read or the output not "
      "written.");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace lpaemu::emu
