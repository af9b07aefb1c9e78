#include "lpaemu/emu/cli/guest_run.h"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>

#include "lpaemu/emu/cli/commands.h"
#include "lpaemu/emu/machine/death_report.h"
#include "lpaemu/emu/trace/fault_lines.h"
#include "lpaemu/emu/trace/statistics.h"
#include "lpaemu/kernel_model/proc/mm_files.h"
#include "lpaemu/kernel_model/syscalls/strace.h"

namespace lpaemu::emu {

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
  /// The kernel's end is an event as well.
  ~Listeners() {
    machine_.kernel().events().remove(statistics_);
    machine_.kernel().events().remove(fault_lines_);
    machine_.kernel().set_tracer(nullptr);
  }
  Listeners(const Listeners&) = delete;
  Listeners& operator=(const Listeners&) = delete;

  /// Opens the file that --stats names, so that a bad name is known before the guest has run.
  [[nodiscard]] Expected<void, Error> open_report(const StatsOption& option) {
    if (option.file.empty()) return {};
    report_file_.reset(std::fopen(option.file.c_str(), "we"));
    if (report_file_) return {};
    return unexpected(Error{fmt::format("cannot write the statistics to '{}': {}", option.file, std::strerror(errno))});
  }

  /// Writes what --stats asks for.
  [[nodiscard]] Expected<void, Error> report(const StatsOption& option, std::chrono::nanoseconds host_time) {
    const kernel::PageAllocator& pages = machine_.kernel().pages();
    const Statistics::Totals totals{machine_.engine().statistics(), machine_.guest_time(), host_time,
                                    pages.total_pages() - pages.free_pages(), pages.total_pages()};
    const std::string text = option.format == StatsFormat::json ? statistics_.json(totals) : statistics_.text(totals);
    if (!report_file_) {
      to_standard_error(text);
      return {};
    }
    const bool written = std::fwrite(text.data(), 1, text.size(), report_file_.get()) == text.size();
    if (std::fclose(report_file_.release()) != 0 || !written)  // a small file is written only when it is closed
      return unexpected(Error{fmt::format("cannot write the statistics to '{}'", option.file)});
    return {};
  }

 private:
  UserMachine& machine_;
  std::unique_ptr<std::FILE, decltype([](std::FILE* file) { std::fclose(file); })> report_file_;
  Statistics statistics_;
  FaultLines fault_lines_{
      machine_.code(), machine_.cpu(),
      [this](const kernel::vm_area& vma) { return kernel::vma_name(*machine_.kernel().current().mm, vma); },
      [](std::string_view line) { to_standard_error(fmt::format("lpaemu: {}\n", line)); }};
  kernel::Strace strace_{[](std::string_view line) { to_standard_error(fmt::format("{}\n", line)); }};
};

namespace {

/// Says how the run ended, where that needs words; answers the exit status.
int say_how_it_ended(UserMachine& machine, RunEnd end, std::optional<int> signal, const RunOptions& options) {
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

}  // namespace

GuestRun::GuestRun(const RunOptions& options) : options_{options}, begin_{std::chrono::steady_clock::now()} {}
GuestRun::~GuestRun() = default;

Expected<std::unique_ptr<GuestRun>, Error> GuestRun::create(const RunOptions& options, Purpose purpose) {
  std::unique_ptr<GuestRun> run{new GuestRun{options}};
  const UserMachineConfig config{.ram_base = mmu::PhysAddr{options.ram_base},
                                 .ram_bytes = options.mem,
                                 .soft_dirty_mode = options.soft_dirty,
                                 .uid = options.uid,
                                 .debugged = purpose == Purpose::debug};
  LPAEMU_TRY(machine, UserMachine::create(config, run->host_));
  run->machine_ = std::move(machine);
  if (purpose == Purpose::debug) run->nudges_.emplace([&guest = *run->machine_] { return guest.nudge(); });
  LPAEMU_TRY(paths, mount_guest_tree(run->machine_->kernel(), options.tree));
  run->listeners_ = std::make_unique<Listeners>(options, *run->machine_);
  if (options.stats) LPAEMU_TRY_VOID(run->listeners_->open_report(*options.stats));
  LPAEMU_TRY_VOID(run->machine_->load(paths.program, options.args, options.env, paths.cwd));
  return run;
}

int GuestRun::conclude(RunEnd end, std::optional<int> signal) {
  return report(say_how_it_ended(*machine_, end, signal, options_));
}

int GuestRun::report(int status) {
  if (!options_.stats) return status;
  const auto reported = listeners_->report(*options_.stats, std::chrono::steady_clock::now() - begin_);
  return reported ? status : fail(reported.error().message);
}

}  // namespace lpaemu::emu
