#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <vector>

#include "lpaemu/emu/cli/commands.h"
#include "lpaemu/emu/cli/log.h"
#include "lpaemu/emu/cli/run_options.h"
#include "lpaemu/emu/host/standard_descriptors.h"

namespace lpaemu::emu {

namespace {

/// The words behind the program's name, last first, as CLI11 takes them.
std::vector<std::string> words(const CLI::App& app, int argc, char** argv) {
  std::vector<std::string> args(argv + 1, argv + argc);
  if (!args.empty() && (args.front() == "run" || args.front() == "debug")) {
    const CLI::App* const command = app.get_subcommand(args.front());
    args = end_options_at_program(*command, std::move(args));
  }
  std::ranges::reverse(args);
  return args;
}

/// CLI11 only says that a command is required, not that it does not know the one it got.
void check_command(const CLI::App& app, int argc, char** argv) {
  const CLI::App* command = &app;
  for (int i = 1; i < argc && argv[i][0] != '-'; ++i) {
    const auto known = command->get_subcommands([](const CLI::App*) { return true; });
    if (known.empty()) return;  // what follows are its arguments
    const auto named = [&](const CLI::App* candidate) { return candidate->check_name(argv[i]); };
    const auto found = std::ranges::find_if(known, named);
    if (found == known.end()) throw CLI::ExtrasError(command->get_name(), {argv[i]});
    command = *found;
  }
}

int run_program(int argc, char** argv) {
  CLI::App app{"lpaemu: runs ARM Linux programs through LPAE page tables that you can watch"};
  app.name("lpaemu");
  app.require_subcommand(1);
  app.footer("`lpaemu COMMAND --help` tells all about a command.");

  Action action;
  add_debug_command(app, action);
  add_pte_command(app, action);
  add_run_command(app, action);
  add_version_command(app, action);
  add_walk_command(app, action);

  try {
    check_command(app, argc, argv);
    app.parse(words(app, argc, argv));
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    return fail(fmt::format("{}; see lpaemu --help", error.what()), exit_usage);
  }
  configure_logging();
  return action();
}

}  // namespace
}  // namespace lpaemu::emu

int main(int argc, char** argv) {
  lpaemu::emu::occupy_standard_descriptors();
  std::signal(SIGPIPE, SIG_IGN);  // output to a closed pipe is an error like any other
  try {
    return lpaemu::emu::run_program(argc, argv);
  } catch (const std::exception& error) {  // a bug of ours, or the host out of memory
    return lpaemu::emu::fail(error.what());
  }
}
