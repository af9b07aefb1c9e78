// The sub-commands of `lpaemu pte`. [design 4]
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "lpaemu/emu/cli/commands.h"

namespace lpaemu::emu {

void add_pte_decode_command(CLI::App& pte, Action& action);
void add_pte_encode_command(CLI::App& pte, Action& action);
void add_pte_set_pte_ext_command(CLI::App& pte, Action& action);
void add_pte_vectors_command(CLI::App& pte, Action& action);
void add_pte_check_command(CLI::App& pte, Action& action);
void add_pte_explain_command(CLI::App& pte, Action& action);

/// What --help says of the exit status of a command that either prints all or nothing.
inline constexpr const char* exit_status_help =
    "Exit status: 0, 2 wrong usage (nothing is printed), 125 the output cannot be written.";

/// Declares `HEX...|-` on a command.
void add_values_option(CLI::App& command, std::vector<std::string>& words);
/// Throws CLI::ParseError unless `-` stands alone.
void check_values(const std::vector<std::string>& words);

}  // namespace lpaemu::emu
