// `lpaemu run`: a Linux ARM program on the kernel model.
#include <memory>

#include "lpaemu/emu/cli/commands.h"
#include "lpaemu/emu/cli/guest_run.h"
#include "lpaemu/emu/cli/run_options.h"
#include "lpaemu/emu/cli/stop_signals.h"
#include "lpaemu/emu/debugger/gdb_server.h"
#include "lpaemu/emu/host/gdb_connections.h"
#include "lpaemu/kernel_model/task/signal_numbers.h"

namespace lpaemu::emu {
namespace {

/// The guest under a GDB.
int run_with_gdb(const RunOptions& options) {
  GuestRun* running = nullptr;
  const StopSignals* signals = nullptr;
  const auto is_over = [&signals] { return signals != nullptr && signals->received().has_value(); };
  const auto interrupt = [&running] {
    if (running != nullptr) running->interrupt();
  };
  // First of all: with stdio the guest's own descriptors are others.
  const auto connections = listen_for_gdb(*options.gdb, interrupt, is_over);
  if (!connections) return fail(connections.error().message);
  const auto guest = GuestRun::create(options, BlockHook::on);
  if (!guest) return fail(guest.error().message);
  running = guest->get();
  auto debugger = Debugger::attach(running->machine(), [running] { running->host().clear_interrupt(); });
  if (!debugger) return fail(debugger.error().message);
  StopSignals stop_signals{options.timeout_seconds, interrupt};
  signals = &stop_signals;
  gdb::Server server{**debugger, **connections, options.gdb_nowait ? gdb::AtStart::run : gdb::AtStart::wait_for_client,
                     is_over};
  const auto end = (*debugger)->run(server);
  if (!end) return fail(end.error().message);
  debugger->reset();
  if (*end == DebugEnd::exited) return running->conclude(RunEnd::exited, {});
  if (is_over()) return running->conclude(RunEnd::interrupted, stop_signals.received());
  if (*end == DebugEnd::killed) return exit_signal_base + kernel::sigkill;
  const auto ended = running->machine().run();
  stop_signals.run_ended();
  if (!ended) return fail(ended.error().message);
  return running->conclude(*ended, stop_signals.received());
}

int run(const RunOptions& options) {
  if (options.gdb) return run_with_gdb(options);
  const auto guest = GuestRun::create(options, BlockHook::off);
  if (!guest) return fail(guest.error().message);
  StopSignals signals{options.timeout_seconds, [&run = **guest] { run.interrupt(); }};
  const auto end = (*guest)->machine().run();
  signals.run_ended();
  if (!end) return fail(end.error().message);
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
