// `lpaemu pte decode`: what the hardware and Linux each make of a word.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "decoder.h"
#include "lpaemu/emu/cli/pte.h"
#include "value_reader.h"

namespace lpaemu::emu {
namespace {

struct Options {
  std::vector<std::string> words;
  unsigned level = mmu::last_level;
  std::string format = "text";
};

int run(const Options& options) {
  Output output;
  ValueReader values{options.words, output};
  const bool json = options.format == "json";
  const bool array = json && !values.from_lines();
  if (array) output.text() += '[';
  std::string_view separator;
  const auto decoder = json ? make_json_decoder() : make_text_decoder();
  while (const auto value = values.next()) {
    output.text() += separator;
    decoder->append(output.text(), mmu::Descriptor{*value}, options.level);
    if (array)
      separator = ",\n ";
    else if (json)
      output.text() += '\n';
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
