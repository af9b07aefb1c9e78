// The commands of the `lpaemu` program. Each adds itself to the parser; its action gives the exit status.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace lpaemu::emu {

// Exit statuses of our own.
inline constexpr int exit_usage = 2;
inline constexpr int exit_timeout = 124;
inline constexpr int exit_failure = 125;
inline constexpr int exit_signal_base = 128;

/// What main calls when the command was chosen.
using Action = std::function<int()>;

void add_debug_command(CLI::App& app, Action& action);
void add_pte_command(CLI::App& app, Action& action);
void add_run_command(CLI::App& app, Action& action);
void add_version_command(CLI::App& app, Action& action);
/// What `lpaemu version` prints, a line for each part.
[[nodiscard]] std::string versions();
void add_walk_command(CLI::App& app, Action& action);

/// Prints the one line "lpaemu: error: MESSAGE" to standard error and answers `status`.
[[nodiscard]] int fail(const std::string& message, int status = exit_failure);

}  // namespace lpaemu::emu
