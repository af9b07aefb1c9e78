// `lpaemu run`: a Linux ARM program on the kernel model.
#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>

#include "lpaemu/emu/cli/commands.h"
#include "lpaemu/emu/cli/run_options.h"
#include "lpaemu/emu/cli/stop_signals.h"
#include "lpaemu/emu/host/posix_host.h"
#include "lpaemu/emu/machine/death_report.h"
#include "lpaemu/emu/machine/user.h"
#include "lpaemu/emu/trace/fault_lines.h"
#include "lpaemu/emu/trace/statistics.h"
#include "lpaemu/kernel_model/proc/mm_files.h"
#include "lpaemu/kernel_model/syscalls/strace.h"

namespace lpaemu::emu {
namespace {

void to_standard_error(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

/// Everything that listens, as the options ask.
class Listeners {
 public:
  Listeners(const RunOptions& options, UserMachine& machine) : machine_{machine} {
    kernel::Events& events = machine.kernel().events();
    if (options.stats) events.add(statistics_);
    if (options.faults) events.add(fault_lines_);
    if (options.strace) machine.kernel().set_tracer(&strace_);
  }
  Listeners(const Listeners&) = delete;
  Listeners& operator=(const Listeners&) = delete;

  /// Writes what --stats asks for.
  [[nodiscard]] Expected<void, Error> report(const StatsOption& option, std::chrono::nanoseconds host_time) {
    const kernel::PageAllocator& pages = machine_.kernel().pages();
    const Statistics::Totals totals{machine_.engine().statistics(), machine_.guest_time(), host_time,
                                    pages.total_pages() - pages.free_pages(), pages.total_pages()};
    const std::string text = option.format == StatsFormat::json ? statistics_.json(totals) : statistics_.text(totals);
    if (option.file.empty()) {
      to_standard_error(text);
      return {};
    }
    std::FILE* const file = std::fopen(option.file.c_str(), "w");
    const bool written = file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
    if (file == nullptr || std::fclose(file) != 0 || !written)  // a small file is written only when it is closed
      return unexpected(Error{fmt::format("cannot write the statistics to '{}'", option.file)});
    return {};
  }

 private:
  UserMachine& machine_;
  Statistics statistics_;
  FaultLines fault_lines_{
      machine_.code(), machine_.cpu(),
      [this](const kernel::vm_area& vma) { return kernel::vma_name(*machine_.kernel().current().mm, vma); },
      [](std::string_view line) { to_standard_error(fmt::format("lpaemu: {}\n", line)); }};
  kernel::Strace strace_{[](std::string_view line) { to_standard_error(fmt::format("{}\n", line)); }};
};

/// Says how the run ended, where that needs words; answers the exit status.
int conclude(UserMachine& machine, RunEnd end, std::optional<int> signal, const RunOptions& options) {
  if (end == RunEnd::interrupted) {
    const VirtAddr pc = machine.engine().pc();
    const std::string symbol = machine.code().symbol(pc);
    const int signo = signal.value_or(SIGALRM);
    const bool timeout = options.timeout_seconds && signo == SIGALRM;
    to_standard_error(fmt::format("lpaemu: guest stopped {} at pc {:#010x}{}\n",
                                  timeout ? fmt::format("by --timeout {}", options.timeout_seconds.value_or(0))
                                          : "by " + kernel::signal_name(signo),
                                  pc.raw(), symbol.empty() ? "" : " (" + symbol + ")"));
    return timeout ? exit_timeout : exit_signal_base + signo;
  }
  const kernel::ExitReport& report = machine.kernel().exit_report();
  if (!report.killed) return report.status;
  to_standard_error(death_report(report, *machine.kernel().current().mm, machine.code()));
  return exit_signal_base + report.info.signo;
}

int run(const RunOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  PosixHost host;
  const UserMachineConfig config{.ram_base = mmu::PhysAddr{options.ram_base},
                                 .ram_bytes = options.mem,
                                 .soft_dirty_mode = options.soft_dirty,
                                 .uid = options.uid,
                                 .block_hook = options.timeout_seconds ? BlockHook::on : BlockHook::off};
  const auto machine = UserMachine::create(config, host);
  if (!machine) return fail(machine.error().message);
  UserMachine& user = **machine;
  const auto paths = mount_guest_tree(user.kernel(), options.tree);
  if (!paths) return fail(paths.error().message);
  Listeners listeners{options, user};
  if (const auto loaded = user.load(paths->program, options.args, options.env, paths->cwd); !loaded)
    return fail(loaded.error().message);

  StopSignals signals{options.timeout_seconds, [&user, &host] {
                        user.interrupt();
                        host.interrupt();
                      }};
  const auto end = user.run();
  signals.run_ended();
  if (!end) return fail(end.error().message);
  const int status = conclude(user, *end, signals.received(), options);
  if (options.stats) {
    const auto reported = listeners.report(*options.stats, std::chrono::steady_clock::now() - begin);
    if (!reported) return fail(reported.error().message);
  }
  return status;
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
  command->callback([options, &action] {
    finish_run_options(*options);
    action = [options] { return run(*options); };
  });
}

}  // namespace lpaemu::emu
