// `lpaemu pte`: PTE encodings.
#include "lpaemu/emu/cli/pte.h"

namespace lpaemu::emu {

void add_pte_command(CLI::App& app, Action& action) {
  CLI::App* pte = app.add_subcommand("pte", "Decodes, encodes, stores and checks page-table entries");
  pte->require_subcommand(1);
  add_pte_decode_command(*pte, action);
  add_pte_encode_command(*pte, action);
  add_pte_set_pte_ext_command(*pte, action);
  add_pte_vectors_command(*pte, action);
  add_pte_check_command(*pte, action);
  add_pte_explain_command(*pte, action);
  pte->footer("`lpaemu pte COMMAND --help` tells all about a command.");  // last: commands inherit what is there
}

}  // namespace lpaemu::emu
