// `lpaemu pte decode`: what the hardware and Linux each make of a word.
#include <fmt/format.h>

#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

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

std::string bit_range(const mmu::FieldInfo& field) {
  return field.width() == 1 ? fmt::format("[{}]", field.lo) : fmt::format("[{}:{}]", field.hi, field.lo);
}

void append_text(std::string& text, mmu::Descriptor d, unsigned level) {
  auto out = std::back_inserter(text);
  fmt::format_to(out, "{}  level {} {}\n", d, level, kind_name(d, level));
  for (const mmu::FieldInfo& field : mmu::fields_of(d, level)) {
    const std::uint64_t value = field.value_in(d.raw());
    if (value == 0) continue;
    fmt::format_to(out, "  {:>7} {} = {}  {}  [{}]\n", bit_range(field), field.name,
                   field.width() < 4 ? fmt::format("{}", value) : fmt::format("{:#x}", value), field.meaning,
                   field.citation);
  }
  fmt::format_to(out, "  hardware: {}\n  linux: {}\n", mmu::describe_hardware(d, level), mmu::describe_linux(d, level));
  for (const std::string& warning : mmu::warnings_about(d, level)) fmt::format_to(out, "  warning: {}\n", warning);
}

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
      append_text(output.text(), d, options.level);
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
