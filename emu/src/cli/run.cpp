// `lpaemu run`: a Linux ARM program on the kernel model.
#include <memory>

#include "lpaemu/emu/cli/commands.h"
#include "lpaemu/emu/cli/guest_run.h"
#include "lpaemu/emu/cli/run_options.h"
#include "lpaemu/emu/cli/stop_signals.h"
#include "lpaemu/emu/debugger/gdb_server.h"
#include "lpaemu/emu/host/gdb_connections.h"
#include "lpaemu/emu/host/line_input.h"
#include "lpaemu/kernel_model/task/signal_numbers.h"

namespace lpaemu::emu {
namespace {

/// One guest from its start to its end; answers the exit status.
int debug_guest(GuestRun& guest, gdb::Server& server, StopSignals& signals) {
  auto debugger = Debugger::attach(guest.machine(), [&guest] { guest.host().clear_interrupt(); });
  if (!debugger) return fail(debugger.error().message);
  server.set_guest(**debugger);
  const auto end = (*debugger)->run(server);
  server.guest_ended();
  if (!end) return guest.report(fail(end.error().message));
  debugger->reset();
  if (*end == DebugEnd::exited) return guest.conclude(RunEnd::exited, {});
  LPAEMU_ASSERT(*end == DebugEnd::killed, "a guest that a GDB leaves goes on under the debugger, for the next GDB");
  if (signals.received()) {
    signals.run_ended();
    return guest.conclude(RunEnd::interrupted, signals.received());
  }
  return guest.report(exit_signal_base + kernel::sigkill);
}

std::vector<std::string> changed(const std::vector<std::string>& env, const gdb::EnvironmentChanges& changes) {
  std::vector<std::string> result;
  for (const std::string& variable : env)
    if (!changes.contains(variable.substr(0, variable.find('=')))) result.push_back(variable);
  for (const auto& [name, value] : changes)
    if (value) result.push_back(name + '=' + *value);
  return result;
}

/// `options` with the program that a GDB asks for.
RunOptions with_program(RunOptions options, const gdb::ProgramRequest& request) {
  if (!request.program.empty()) {
    options.tree.program = request.program;
    options.args = {request.program};
  }
  if (request.args.empty()) return options;
  options.args.resize(1);
  options.args.insert(options.args.end(), request.args.begin(), request.args.end());
  return options;
}

/// Guests under a GDB, one after another.
int run_with_gdb(RunOptions options) {
  const std::vector<std::string> env = options.env;
  Running running;
  const auto interrupt = [&running] { running.interrupt(); };
  std::optional<StopSignals> signals;
  const auto is_over = [&signals] { return signals && signals->received().has_value(); };
  // First of all: with stdio the guest's own descriptors are others.
  const auto connections = listen_for_gdb(*options.gdb, interrupt, is_over);
  if (!connections) return fail(connections.error().message);
  signals.emplace(options.timeout_seconds, interrupt);
  gdb::Server server{**connections, options.gdb_nowait ? gdb::AtStart::run : gdb::AtStart::wait_for_client, is_over};

  std::optional<int> status;
  RunOptions wanted = options;
  while (true) {
    const auto guest = GuestRun::create(wanted, Purpose::debug);
    if (!guest && !status) return fail(guest.error().message);
    if (guest) {
      options = wanted;  // what a client means that names no program
      running.guest = guest->get();
      status = debug_guest(**guest, server, *signals);
      running.guest = nullptr;
    } else {
      server.refuse_program(guest.error());
    }
    const auto next = is_over() ? std::nullopt : server.next_program();
    if (!next) return *status;
    rewind_standard_input();
    wanted = with_program(options, *next);
    wanted.env = changed(env, next->environment);
  }
}

int run(const RunOptions& options) {
  if (options.gdb) return run_with_gdb(options);
  const auto guest = GuestRun::create(options, Purpose::run);
  if (!guest) return fail(guest.error().message);
  StopSignals signals{options.timeout_seconds, [&run = **guest] { run.interrupt(); }};
  const auto end = (*guest)->machine().run();
  signals.run_ended();
  if (!end) return (*guest)->report(fail(end.error().message));
  return (*guest)->conclude(*end, signals.received());
}

}  // namespace

void add_run_command(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("run", "Runs a static Linux ARM EABI program on the kernel model");
  command->footer(
      "Exit status: the guest's own; 128+N if signal N killed it or stopped lpaemu; 124 after --timeout; 125 when "
      "lpaemu\n"
      "itself fails; 2 for a wrong command line. LPAEMU_LOG=off silences warnings about the guest.");
  const auto options = std::make_shared<RunOptions>();
  declare_run_options(*command, *options);
  declare_gdb_options(*command, *options);
  command->callback([options, &action] {
    finish_run_options(*options);
    action = [options] { return run(*options); };
  });
}

}  // namespace lpaemu::emu
