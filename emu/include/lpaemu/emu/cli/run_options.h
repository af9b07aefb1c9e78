// The options of `lpaemu run`, parsed and checked.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lpaemu/emu/machine/guest_tree.h"
#include "lpaemu/kernel_model/mm/vm_area.h"

namespace lpaemu::emu {

enum class StatsFormat : std::uint8_t { text, json };

struct StatsOption {
  StatsFormat format = StatsFormat::text;
  std::string file;  // empty: standard error
};

struct RunOptions {
  GuestTree tree;
  std::uint64_t mem = 0;
  std::uint64_t ram_base = 0;
  std::vector<std::string> env;
  std::uint32_t uid = 0;
  kernel::SoftDirtyMode soft_dirty = kernel::SoftDirtyMode::documented;
  bool faults = false;
  bool strace = false;
  // As given; `stats` and `tree.binds` are their meaning.
  std::string stats_text;
  std::vector<std::string> bind_texts;
  std::optional<StatsOption> stats;
  std::optional<double> timeout_seconds;
  std::optional<std::string> gdb;  // where to wait for one
  bool gdb_nowait = false;
  std::vector<std::string> args;  // argv[0] included
};

/// Declares the options on `command`, which fill in `options` when they are parsed.
void declare_run_options(CLI::App& command, RunOptions& options);
/// --gdb, which `lpaemu debug` has not.
void declare_gdb_options(CLI::App& command, RunOptions& options);

/// What can be checked only when all options are known. Throws CLI::ParseError, as CLI11 does for a wrong option.
void finish_run_options(RunOptions& options);

/// The words from `run` on, in a form that CLI11 takes: `--` before PROGRAM, so that what follows is the guest's, and
/// `--stats=:FILE` for `--stats:FILE`.
[[nodiscard]] std::vector<std::string> end_options_at_program(const CLI::App& command, std::vector<std::string> args);

}  // namespace lpaemu::emu
