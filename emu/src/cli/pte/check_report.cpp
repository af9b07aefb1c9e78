#include "check_report.h"

#include <fmt/format.h>

#include <bit>
#include <iterator>
#include <limits>
#include <ranges>

#include "lpaemu/emu/cli/hex.h"
#include "lpaemu/mmu/explain.h"
#include "lpaemu/mmu/print.h"

namespace lpaemu::emu {
namespace {

/// "bit 12" or "bits 14, 12".
std::string bits_in(std::uint64_t mask) {
  std::string text;
  for (unsigned bit = std::numeric_limits<std::uint64_t>::digits; bit-- > 0;)
    if ((mask >> bit & 1U) != 0) fmt::format_to(std::back_inserter(text), "{}{}", text.empty() ? "" : ", ", bit);
  return (std::has_single_bit(mask) ? "bit " : "bits ") + text;
}

/// Differences and the summary.
class TextReport final : public CheckReport {
 public:
  using CheckReport::CheckReport;
  void finish() override { text() += summary() + '\n'; }

 private:
  void tell(const CheckedVector& vector) override {
    if (vector.agrees()) return;
    fmt::format_to(std::back_inserter(text()), "line {}: {:#018x} is stored as {:#018x}, not as {:#018x}: {}\n",
                   vector.line, vector.in, vector.model, vector.file, vector.differences());
  }
  void tell_bad(std::uint64_t, std::string_view) override {}  // standard error has it
};

/// Test Anything Protocol, version 13.
class TapReport final : public CheckReport {
 public:
  explicit TapReport(std::string& out) : CheckReport{out} { text() += "TAP version 13\n"; }
  void finish() override { fmt::format_to(std::back_inserter(text()), "1..{}\n# {}\n", vectors() + bad(), summary()); }

 private:
  void tell(const CheckedVector& vector) override {
    const std::string_view verdict = vector.agrees() ? "ok" : "not ok";
    fmt::format_to(std::back_inserter(text()), "{} {} - line {}: {:#018x}\n", verdict, vectors() + bad(), vector.line,
                   vector.in);
    if (vector.agrees()) return;
    fmt::format_to(std::back_inserter(text()),
                   "  ---\n  message: \"{}\"\n  found: \"{:#018x}\"\n  wanted: \"{:#018x}\"\n  ...\n",
                   vector.differences(), vector.file, vector.model);
  }
  void tell_bad(std::uint64_t line, std::string_view) override {
    fmt::format_to(std::back_inserter(text()), "not ok {} - line {}: no vector\n", vectors() + bad(), line);
  }
};

/// `text` inside an XML attribute.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

/// JUnit's XML: the counts stand in front, so that the cases wait.
class JunitReport final : public CheckReport {
 public:
  using CheckReport::CheckReport;
  void finish() override {
    fmt::format_to(std::back_inserter(text()),
                   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
                   "<testsuite name=\"lpaemu pte check\" tests=\"{}\" failures=\"{}\" errors=\"{}\">\n{}"
                   "</testsuite>\n</testsuites>\n",
                   vectors() + bad(), differed(), bad(), cases_);
  }

 private:
  void tell(const CheckedVector& vector) override {
    fmt::format_to(std::back_inserter(cases_), "<testcase classname=\"set_pte_ext\" name=\"line {}: {:#018x}\"",
                   vector.line, vector.in);
    if (vector.agrees()) {
      cases_ += "/>\n";
      return;
    }
    fmt::format_to(std::back_inserter(cases_),
                   "><failure message=\"{}\">stored as {:#018x}, not as {:#018x}</failure></testcase>\n",
                   escaped(vector.differences()), vector.model, vector.file);
  }
  void tell_bad(std::uint64_t line, std::string_view bad_text) override {
    fmt::format_to(
        std::back_inserter(cases_),
        "<testcase classname=\"set_pte_ext\" name=\"line {}\"><error message=\"no vector: {}\"/></testcase>\n", line,
        escaped(in_quotes(bad_text)));
  }

  std::string cases_;
};

}  // namespace

std::string CheckedVector::differences() const {
  std::string text;
  for (const mmu::FieldInfo& field : mmu::fields_of(mmu::Descriptor{model}, mmu::last_level) | std::views::reverse) {
    const std::uint64_t changed = (file ^ model) & field.mask();
    if (changed == 0) continue;
    fmt::format_to(std::back_inserter(text), "{}{}", text.empty() ? "" : ", ",
                   mmu::describe_change(field, file, model));
    if (field.width() != 1) text += " (" + bits_in(changed) + ")";
  }
  return text;
}

void CheckReport::vector(const CheckedVector& vector) {
  ++(vector.agrees() ? agreed_ : differed_);
  tell(vector);
}

void CheckReport::bad_line(std::uint64_t line, std::string_view text) {
  ++bad_;
  tell_bad(line, text);
}

std::string CheckReport::summary() const {
  std::string line = fmt::format("{} vectors: {} agree, {} differ", vectors(), agreed_, differed_);
  if (bad_ != 0) line += fmt::format("; {} lines hold none", bad_);
  return line;
}

std::unique_ptr<CheckReport> make_check_report(std::string_view format, std::string& text) {
  if (format == "tap") return std::make_unique<TapReport>(text);
  if (format == "junit") return std::make_unique<JunitReport>(text);
  return std::make_unique<TextReport>(text);
}

}  // namespace lpaemu::emu
