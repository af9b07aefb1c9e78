// `lpaemu pte explain`: a fault status word in words.
#include <fmt/format.h>

#include <iterator>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "lpaemu/emu/cli/hex.h"
#include "lpaemu/emu/cli/line_io.h"
#include "lpaemu/emu/cli/pte.h"
#include "lpaemu/kernel_model/mm/fault.h"
#include "lpaemu/kernel_model/task/signal.h"
#include "lpaemu/mmu/explain_fault.h"
#include "lpaemu/mmu/format.h"
#include "lpaemu/mmu/print.h"

namespace lpaemu::emu {
namespace {

using nlohmann::ordered_json;
using Handler = kernel::FsrInfo::Handler;

struct Options {
  std::string fsr;
  std::optional<std::string> far;
  bool ifsr = false;
  std::string format = "text";
};

std::string_view name_of(Handler handler) {
  switch (handler) {
    case Handler::do_bad: return "do_bad";
    case Handler::do_translation_fault: return "do_translation_fault";
    case Handler::do_page_fault: return "do_page_fault";
    case Handler::do_alignment: return "do_alignment";
    case Handler::hw_breakpoint: return "hw_breakpoint_pending";
  }
  return "?";
}

/// Everything that a word says, once for both formats.
struct Explanation {
  bool fetch = false;  // IFSR
  std::uint32_t word = 0;
  std::optional<mmu::VirtAddr> far;
  unsigned status = 0;
  mmu::StatusMeaning meaning{};
  std::span<const mmu::FieldInfo> fields;
  std::string access;  // "read", "write", "fetch"
  kernel::FsrInfo linux_row{};
  std::string signal;  // "SIGSEGV SEGV_MAPERR"
  std::string in_words;
  std::vector<std::string> warnings;
};

std::string signal_text(const kernel::FsrInfo& row) {
  const std::string_view code = kernel::signal_code_name(row.signal, row.code);
  return fmt::format("{} {}", kernel::signal_name(row.signal),
                     row.code == 0  ? "si_code 0"
                     : code.empty() ? fmt::format("si_code {}", row.code)
                                    : code);
}

/// What Linux does about it. The table's signal counts only where the handler gives up. [linux-lpae-pte P-45]
std::string what_linux_does(const Explanation& e) {
  const std::string_view right = e.fetch ? "execute" : e.access == "write" ? "write" : "any";
  switch (e.linux_row.handler) {
    case Handler::do_page_fault:
    case Handler::do_translation_fault:
      if (e.far && *e.far >= kernel::TASK_SIZE)  // [linux-lpae-pte 11.2]
        return fmt::format(
            "the address is not below TASK_SIZE {}: from user mode SIGSEGV SEGV_MAPERR without a look-up of the "
            "mapping",
            kernel::TASK_SIZE);
      return fmt::format(
          "{} looks the mapping up: none is SIGSEGV SEGV_MAPERR, one without {} right is SIGSEGV SEGV_ACCERR, else the "
          "page is brought in, copied or marked and the access runs again; the table's {} is not used",
          name_of(e.linux_row.handler), right, e.signal);
    case Handler::do_alignment:
      return fmt::format("do_alignment repairs the access, or {}, as /proc/cpu/alignment says", e.signal);
    case Handler::hw_breakpoint: return fmt::format("a debugger's event; {} if nobody takes it", e.signal);
    case Handler::do_bad: break;
  }
  return fmt::format("unhandled: user mode gets {}, the kernel dies", e.signal);
}

Explanation explain(std::uint32_t word, std::optional<mmu::VirtAddr> far, bool ifsr) {
  Explanation e;
  e.word = word;
  e.far = far;
  e.fetch = ifsr || mmu::IFSR::LNX_PF.get(mmu::Ifsr{word});  // Linux's copy says it itself [linux-lpae-pte P-47]
  e.status = mmu::DFSR::STATUS.get(mmu::Dfsr{word});
  e.meaning = mmu::status_meaning(e.status);
  if (e.fetch) {
    e.fields = mmu::IFSR::fields;
    e.warnings = mmu::warnings_about(mmu::Ifsr{word});
    e.access = "fetch";
  } else {
    e.fields = mmu::DFSR::fields;
    e.warnings = mmu::warnings_about(mmu::Dfsr{word});
    // Linux does not take cache maintenance for a write. [lpae-mmu M-36]
    const bool maintenance = mmu::DFSR::CM.get(mmu::Dfsr{word});
    e.access = maintenance                           ? "cache maintenance or ATS operation"
               : mmu::DFSR::WnR.get(mmu::Dfsr{word}) ? "write"
                                                     : "read";
  }
  e.linux_row = kernel::fsr_info(e.status);
  e.signal = signal_text(e.linux_row);
  const std::string level = e.meaning.level != 0 ? fmt::format("level {} ", e.meaning.level) : "";
  e.in_words = fmt::format("{}{} on a {}{}", level, e.meaning.name, e.access, far ? fmt::format(" at {}", *far) : "");
  if (!e.meaning.note.empty()) e.in_words += fmt::format(": {}", e.meaning.note);
  return e;
}

std::string as_text(const Explanation& e) {
  std::string text = fmt::format("{} {:#010x}\n", e.fetch ? "IFSR" : "DFSR", e.word);
  auto out = std::back_inserter(text);
  for (const mmu::FieldInfo& field : e.fields) {
    if (field.value_in(e.word) == 0) continue;
    const std::string bits =
        field.width() == 1 ? fmt::format("[{}]", field.lo) : fmt::format("[{}:{}]", field.hi, field.lo);
    fmt::format_to(out, "  {:>7} {} = {:#x}  {}  [{}]\n", bits, field.name, field.value_in(e.word), field.meaning,
                   field.citation);
  }
  fmt::format_to(out, "  fault: {}\n  linux: \"{}\", {}, {}\n  then: {}\n", e.in_words, e.linux_row.name,
                 name_of(e.linux_row.handler), e.signal, what_linux_does(e));
  for (const std::string& warning : e.warnings) fmt::format_to(out, "  warning: {}\n", warning);
  return text;
}

std::string as_json(const Explanation& e) {
  ordered_json out{{"register", e.fetch ? "IFSR" : "DFSR"}, {"word", fmt::format("{:#010x}", e.word)}};
  if (e.far) out["far"] = mmu::to_string(*e.far);
  for (const mmu::FieldInfo& field : e.fields) out["fields"][field.name] = field.value_in(e.word);
  out["fault"] = e.meaning.name;
  if (e.meaning.level != 0) out["level"] = e.meaning.level;
  out["access"] = e.access;
  out["words"] = e.in_words;
  out["linux"] = {{"name", e.linux_row.name},
                  {"handler", name_of(e.linux_row.handler)},
                  {"signal", kernel::signal_name(e.linux_row.signal)},
                  {"code", kernel::signal_code_name(e.linux_row.signal, e.linux_row.code)},
                  {"then", what_linux_does(e)}};
  if (e.linux_row.code == 0) out["linux"]["code"] = 0;
  out["warnings"] = e.warnings;
  return out.dump(2) + "\n";
}

std::uint32_t parse_word(const std::string& option, const std::string& text) {
  const auto value = parse_hex64(text);
  if (!value || *value > std::numeric_limits<std::uint32_t>::max())
    throw CLI::ValidationError(option, fmt::format("{} is not a 32-bit hex value", in_quotes(text)));
  return static_cast<std::uint32_t>(*value);
}

}  // namespace

void add_pte_explain_command(CLI::App& pte, Action& action) {
  CLI::App* command = pte.add_subcommand("explain", "Says what a fault status word means, and what Linux makes of it");
  const auto options = std::make_shared<Options>();
  command->add_option("--fsr", options->fsr, "DFSR, or the error_code of a signal frame")->required()->type_name("HEX");
  command->add_option("--far", options->far, "DFAR or IFAR, the address of the fault")->type_name("HEX");
  command->add_flag("--ifsr", options->ifsr,
                    "The word is IFSR's: a prefetch abort. Bit 31 of an error_code says it, too");
  command->add_option("--format", options->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->footer(exit_status_help);
  command->callback([options, &action] {
    const std::uint32_t word = parse_word("--fsr", options->fsr);
    std::optional<mmu::VirtAddr> far;
    if (options->far) far = mmu::VirtAddr{parse_word("--far", *options->far)};
    action = [options, word, far] {
      const Explanation explanation = explain(word, far, options->ifsr);
      Output output;
      output.text() = options->format == "json" ? as_json(explanation) : as_text(explanation);
      return output.finish(0);
    };
  });
}

}  // namespace lpaemu::emu
