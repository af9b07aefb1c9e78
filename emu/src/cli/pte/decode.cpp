// `lpaemu pte decode`: what the hardware and Linux each make of a word.
#include <fmt/compile.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>

#include "lpaemu/emu/cli/pte.h"
#include "lpaemu/mmu/explain.h"
#include "lpaemu/mmu/format.h"
#include "lpaemu/mmu/linux_swap.h"
#include "lpaemu/mmu/print.h"
#include "value_reader.h"

namespace lpaemu::emu {
namespace {

using nlohmann::ordered_json;

struct Options {
  std::vector<std::string> words;
  unsigned level = mmu::last_level;
  std::string format = "text";
};

std::string kind_name(mmu::Descriptor d, unsigned level) {
  if (mmu::is_swap_entry(d, level)) return "swap entry";
  return std::string{mmu::to_string(mmu::kind_of(d, level))};
}

/// What stands before and behind a field's value, the same for every word.
struct FieldLine {
  const mmu::FieldInfo* field;
  std::string before;  // "  [51:40] SBZ = "
  std::string after;   // "  should be zero  [armv7 B3.6.1]"
};

FieldLine line_of(const mmu::FieldInfo& field) {
  const std::string bits =
      field.width() == 1 ? fmt::format("[{}]", field.lo) : fmt::format("[{}:{}]", field.hi, field.lo);
  return {&field, fmt::format("  {:>7} {} = ", bits, field.name),
          fmt::format("  {}  [{}]\n", field.meaning, field.citation)};
}

/// Decodes in text; keeps the lines of each field table it has met.
class TextDecoder {
 public:
  void append(std::string& text, mmu::Descriptor d, unsigned level) {
    fmt::format_to(std::back_inserter(text), FMT_COMPILE("{}  level {} {}\n"), d, level, kind_name(d, level));
    for (const FieldLine& line : lines_of(mmu::fields_of(d, level))) append_field(text, line, d);
    text.append("  hardware: ").append(mmu::describe_hardware(d, level));
    text.append("\n  linux: ").append(mmu::describe_linux(d, level)).append("\n");
    for (const std::string& warning : mmu::warnings_about(d, level)) text.append("  warning: ").append(warning + '\n');
  }

 private:
  static void append_field(std::string& text, const FieldLine& line, mmu::Descriptor d) {
    const std::uint64_t value = line.field->value_in(d.raw());
    if (value == 0) return;
    text += line.before;
    if (line.field->width() < hex_width)
      fmt::format_to(std::back_inserter(text), FMT_COMPILE("{}"), value);
    else
      fmt::format_to(std::back_inserter(text), FMT_COMPILE("{:#x}"), value);
    text += line.after;
  }

  const std::vector<FieldLine>& lines_of(std::span<const mmu::FieldInfo> fields) {
    std::vector<FieldLine>& lines = lines_[fields.data()];
    if (lines.empty()) std::ranges::transform(fields, std::back_inserter(lines), line_of);
    return lines;
  }

  static constexpr unsigned hex_width = 4;  // narrower fields are decimal
  std::map<const mmu::FieldInfo*, std::vector<FieldLine>> lines_;
};

/// The leaf's state as members of their own, for programs.
ordered_json leaf_json(mmu::Descriptor d, unsigned level) {
  const mmu::Pte pte{d.raw()};
  return {{"pa", mmu::to_string(mmu::output_address(d, mmu::VirtAddr{}, level))},
          {"user", mmu::L_PTE_USER.get(pte)},
          {"write", mmu::pte_write(pte)},
          {"exec", mmu::pte_exec(pte)},
          {"dirty", mmu::pte_dirty(pte)},
          {"young", mmu::pte_young(pte)},
          {"soft_dirty", mmu::pte_soft_dirty(pte)},
          {"special", mmu::pte_special(pte)},
          {"protnone", mmu::pte_protnone(pte)},
          {"valid", mmu::pte_valid(pte)}};
}

ordered_json swap_json(mmu::Pte pte) {
  const mmu::swp_entry_t entry = mmu::pte_to_swp_entry(pte);
  return {{"type", mmu::swp_type(entry)},
          {"offset", mmu::swp_offset(entry)},
          {"exclusive", mmu::pte_swp_exclusive(pte)},
          {"soft_dirty", mmu::pte_swp_soft_dirty(pte)}};
}

ordered_json to_json(mmu::Descriptor d, unsigned level) {
  ordered_json out{{"value", fmt::format("{}", d)}, {"level", level}, {"kind", kind_name(d, level)}};
  ordered_json& fields = out["fields"] = ordered_json::array();
  for (const mmu::FieldInfo& field : mmu::fields_of(d, level)) {
    if (const std::uint64_t value = field.value_in(d.raw()); value != 0)
      fields.push_back({{"name", field.name},
                        {"hi", field.hi},
                        {"lo", field.lo},
                        {"value", value},
                        {"meaning", field.meaning},
                        {"citation", field.citation}});
  }
  if (mmu::is_swap_entry(d, level))
    out["swap"] = swap_json(mmu::Pte{d.raw()});
  else if (d.raw() != 0 && mmu::kind_of(d, level) != mmu::Kind::table)
    out["leaf"] = leaf_json(d, level);
  out["hardware"] = mmu::describe_hardware(d, level);
  out["linux"] = mmu::describe_linux(d, level);
  out["warnings"] = mmu::warnings_about(d, level);
  return out;
}

int run(const Options& options) {
  Output output;
  ValueReader values{options.words, output};
  const bool json = options.format == "json";
  const bool array = json && !values.from_lines();
  if (array) output.text() += '[';
  std::string_view separator;
  TextDecoder decoder;
  while (const auto value = values.next()) {
    const mmu::Descriptor d{*value};
    if (json) {
      output.text() += separator;
      output.text() += to_json(d, options.level).dump();
      if (array)
        separator = ",\n ";
      else
        output.text() += '\n';
    } else {
      decoder.append(output.text(), d, options.level);
    }
    output.written();
  }
  if (array) output.text() += "]\n";
  return values.finish();
}

}  // namespace

void add_pte_decode_command(CLI::App& pte, Action& action) {
  CLI::App* command = pte.add_subcommand("decode", "Prints what the hardware and Linux each make of a value");
  const auto options = std::make_shared<Options>();
  command->add_option("--level", options->level, "Level of the table that holds it: 3 pages, 2 and 1 blocks and tables")
      ->check(CLI::Range(mmu::first_level, mmu::last_level))
      ->capture_default_str();
  command
      ->add_option("--format", options->format,
                   "text, or json: an array of objects; with - an object a line (JSON lines)")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  add_values_option(*command, options->words);
  command->callback([options, &action] {
    check_values(options->words);
    action = [options] { return run(*options); };
  });
}

}  // namespace lpaemu::emu
