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

/// The command that is asked for, as far as its words are known, and the first word that is not.
struct Asked {
  std::string command;
  const char* unknown = nullptr;
};

Asked asked_for(const CLI::App& app, int argc, char** argv) {
  const CLI::App* command = &app;
  std::string words = app.get_name();
  for (int i = 1; i < argc && argv[i][0] != '-'; ++i) {
    const auto known = command->get_subcommands([](const CLI::App*) { return true; });
    if (known.empty()) break;  // what follows are its arguments
    const auto named = [&](const CLI::App* candidate) { return candidate->check_name(argv[i]); };
    const auto found = std::ranges::find_if(known, named);
    if (found == known.end()) return {words, argv[i]};
    command = *found;
    words += " " + command->get_name();
  }
  return {words};
}

int run_program(int argc, char** argv) {
  CLI::App app{"lpaemu: runs ARM Linux programs through LPAE page tables that you can watch"};
  app.name("lpaemu");
  app.require_subcommand(1);
  app.set_version_flag("--version", versions());

  Action action;
  add_debug_command(app, action);
  add_pte_command(app, action);
  add_run_command(app, action);
  add_version_command(app, action);
  add_walk_command(app, action);
  app.footer("`lpaemu COMMAND --help` tells all about a command.");  // last: commands inherit what is there

  const Asked asked = asked_for(app, argc, argv);
  try {
    // CLI11 only says that a command is required, not that it does not know the one it got.
    if (asked.unknown != nullptr) throw CLI::ExtrasError(asked.command, {asked.unknown});
    app.parse(words(app, argc, argv));
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    return fail(fmt::format("{}; see {} --help", error.what(), asked.command), exit_usage);
  }
  configure_logging();
  return action();
}

}  // namespace
}  // namespace lpaemu::emu

int main(int argc, char** argv) {
  lpaemu::emu::occupy_standard_descriptors();
  std::signal(SIGPIPE, SIG_IGN);  // output to a closed pipe is an error like any other, and so is a file's size limit
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    return lpaemu::emu::run_program(argc, argv);
  } catch (const std::exception& error) {  // a bug of ours, or the host out of memory
    return lpaemu::emu::fail(error.what());
  }
}
