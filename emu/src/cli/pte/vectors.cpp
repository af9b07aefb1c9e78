// `lpaemu pte vectors`: the golden vectors of cpu_v7_set_pte_ext.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "golden_vectors.h"
#include "lpaemu/emu/cli/hex.h"
#include "lpaemu/emu/cli/line_io.h"
#include "lpaemu/emu/cli/pte.h"

namespace lpaemu::emu {
namespace {

void append_tsv(std::string& text) {
  for (const GoldenVector& vector : golden_vectors()) {
    append_hex16(text, vector.in);
    text += '\t';
    append_hex16(text, vector.out);
    text += '\n';
  }
}

void append_json(std::string& text) {
  std::string_view separator = "[";
  for (const GoldenVector& vector : golden_vectors()) {
    const nlohmann::ordered_json object{{"in", fmt::format("{:#018x}", vector.in)},
                                        {"out", fmt::format("{:#018x}", vector.out)},
                                        {"name", vector.name}};
    text += separator;
    text += object.dump();
    separator = ",\n ";
  }
  text += "]\n";
}

}  // namespace

void add_pte_vectors_command(CLI::App& pte, Action& action) {
  CLI::App* command =
      pte.add_subcommand("vectors", "Prints the golden vectors of cpu_v7_set_pte_ext, for your own tests");
  const auto format = std::make_shared<std::string>("tsv");
  command
      ->add_option("--format", *format,
                   "tsv: IN<TAB>OUT, 16 hex digits each, as `check` reads them; json: an array of {in, out, name}")
      ->check(CLI::IsMember({"tsv", "json"}))
      ->capture_default_str();
  command->footer(exit_status_help);
  command->callback([format, &action] {
    action = [format] {
      Output output;
      if (*format == "json")
        append_json(output.text());
      else
        append_tsv(output.text());
      return output.finish(0);
    };
  });
}

}  // namespace lpaemu::emu
