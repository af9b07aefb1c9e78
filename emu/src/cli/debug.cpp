// `lpaemu debug`: a Linux ARM program under lpaemu's own prompt.
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lpaemu/emu/cli/commands.h"
#include "lpaemu/emu/cli/guest_run.h"
#include "lpaemu/emu/cli/interrupt_key.h"
#include "lpaemu/emu/cli/run_options.h"
#include "lpaemu/emu/cli/stop_signals.h"
#include "lpaemu/emu/debugger/complete.h"
#include "lpaemu/emu/debugger/highlight.h"
#include "lpaemu/emu/debugger/prompt.h"
#include "lpaemu/emu/host/curses_screen.h"
#include "lpaemu/emu/host/line_editor.h"
#include "lpaemu/emu/host/line_input.h"
#include "lpaemu/emu/host/terminal.h"

namespace lpaemu::emu {
namespace {

struct DebugOptions {
  RunOptions run;
  /// -ex and -x in the order in which they were given.
  struct Prepared {
    bool file = false;
    std::string text;
  };
  std::vector<Prepared> prepared;
  bool batch = false;
  std::string input = "/dev/null";
};

void to_standard_output(std::string_view text) {
  static const bool colours = output_has_colours();
  const std::string coloured = colours ? highlighted(text) : std::string{};
  if (colours) text = coloured;
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);  // the guest writes there too
}

Expected<std::vector<Script>, Error> prepared_commands(const DebugOptions& options) {
  std::vector<Script> scripts;
  for (const auto& [is_file, text] : options.prepared) {
    if (!is_file) {
      scripts.push_back({.file = {}, .lines = {text}});
      continue;
    }
    LPAEMU_TRY(script, read_script(text));
    scripts.push_back(std::move(script));
  }
  return scripts;
}

/// Signals while a guest is debugged: SIGINT stops the guest, the others and the time limit end the session.
struct Signals {
  Signals(const DebugOptions& options, const Running& running)
      : ends{options.run.timeout_seconds, [&running] { running.interrupt(); }},
        key{[&running] { running.interrupt(); }} {}
  [[nodiscard]] bool is_over() const { return ends.received().has_value(); }

  StopSignals ends;
  InterruptKey key;  // behind those, whose handler of SIGINT it replaces
};

std::string command_line_of(const std::vector<std::string>& args) {
  std::string text;
  for (const std::string& arg : args) text += (text.empty() ? "" : " ") + arg;
  return text;
}

/// The guests of a session, one after another: `run` at the prompt makes the next one.
class Guests {
 public:
  explicit Guests(const RunOptions& options) : options_{options} {}

  /// The first one, or the next. `args` are the program's, without argv[0]; none: as before.
  [[nodiscard]] Expected<std::string, Error> prepare(const std::vector<std::string>& args) {
    RunOptions wanted = options_;
    if (!args.empty()) {
      wanted.args.resize(1);
      wanted.args.insert(wanted.args.end(), args.begin(), args.end());
    }
    LPAEMU_TRY(run, GuestRun::create(wanted, Purpose::debug));
    options_ = std::move(wanted);
    next_ = std::move(run);
    return command_line_of(options_.args);
  }
  [[nodiscard]] bool prepared() const { return next_ != nullptr; }
  /// Requires: prepared().
  [[nodiscard]] Expected<void, Error> begin() {
    running_.guest = nullptr;
    debugger_.reset();
    run_ = std::move(next_);
    LPAEMU_TRY(debugger, Debugger::attach(run_->machine(), [this] { run_->host().clear_interrupt(); }));
    debugger_ = std::move(debugger);
    running_.guest = run_.get();
    return {};
  }

  [[nodiscard]] const Running& running() const { return running_; }
  [[nodiscard]] GuestRun& run() { return *run_; }
  [[nodiscard]] Debugger& debugger() { return *debugger_; }
  void detach() { debugger_.reset(); }

 private:
  RunOptions options_;
  Running running_;
  std::unique_ptr<GuestRun> next_, run_;
  std::unique_ptr<Debugger> debugger_;  // of run_
};

/// What somebody types: at a terminal with line editing and full-screen views, else as it comes.
struct Typing {
  std::unique_ptr<LineInput> input;
  std::unique_ptr<LineEditor> editor;
  std::unique_ptr<FullScreen> screen;

  [[nodiscard]] std::optional<std::string> read_line(std::string_view prompt) const {
    if (editor) return editor->read_line(prompt);
    if (input->is_terminal()) to_standard_output(prompt);
    return input->read_line();
  }
};

Expected<Typing, Error> open_typing(Guests& guests, UniqueFd descriptor, const Signals& signals) {
  const bool terminal = ::isatty(descriptor.get()) == 1;
  const auto woken = [&guests, &signals, terminal] {
    if (signals.is_over()) return LineInput::Woken::end;
    if (!signals.key.pressed()) return LineInput::Woken::wait_on;
    guests.debugger().forget_interrupt();
    if (!terminal) return LineInput::Woken::wait_on;
    to_standard_output(fmt::format("\n{}", Prompt::text));  // the terminal itself has dropped what was typed
    return LineInput::Woken::drop_line;
  };
  Typing typing{.input = std::make_unique<LineInput>(std::move(descriptor), woken), .editor = {}, .screen = {}};
  if (!terminal || !output_is_screen()) return typing;
  const auto is_over = [&signals] { return signals.is_over(); };
  const auto complete = [&guests](std::string_view before) { return complete_line(guests.debugger(), before); };
  LPAEMU_TRY(editor, LineEditor::open(typing.input->descriptor(), history_file(), complete, is_over));
  typing.editor = std::move(editor);
  typing.screen = curses_screen(typing.input->descriptor(), is_over);
  return typing;
}

/// Ends the session at the first stop behind a signal that ends it; that signal stops the guest.
class EndsInTime final : public Face {
 public:
  EndsInTime(Face& face, const Signals& signals) : face_{face}, signals_{signals} {}
  [[nodiscard]] Resume on_stop(const StopEvent& event) override {
    if (signals_.is_over()) return {.kind = ResumeKind::kill};
    const Resume resume = face_.on_stop(event);
    return signals_.is_over() ? Resume{.kind = ResumeKind::kill} : resume;
  }

 private:
  Face& face_;
  const Signals& signals_;
};

/// Answers the exit status.
int end_session(Guests& guests, DebugEnd end, const Prompt& prompt, Signals& signals) {
  GuestRun& run = guests.run();
  std::optional<RunEnd> ended;
  const bool cut_short = signals.is_over() || prompt.was_interrupted();  // maybe behind the end of a guest
  if (end == DebugEnd::exited && !cut_short) ended = RunEnd::exited;
  if (end == DebugEnd::detached) {
    guests.detach();
    const auto alone = run.machine().run();
    if (!alone) return run.report(fail(alone.error().message));
    ended = *alone;
  }
  signals.ends.run_ended();
  if (!ended && !signals.is_over() && !prompt.was_interrupted()) return run.report(prompt.failed() ? 1 : 0);
  return run.conclude(ended.value_or(RunEnd::interrupted), signals.is_over() ? signals.ends.received() : SIGINT);
}

int debug_guests(const DebugOptions& options, const std::vector<Script>& commands, UniqueFd input, Guests& guests) {
  Signals signals{options, guests.running()};
  const auto typing = open_typing(guests, std::move(input), signals);
  if (!typing) return fail(typing.error().message);
  const auto start_anew = [&guests](const std::vector<std::string>& args) {
    auto prepared = guests.prepare(args);
    if (prepared) rewind_standard_input();
    return prepared;
  };
  Prompt prompt{commands,
                options.batch ? Prompt::AtEnd::quit : Prompt::AtEnd::read_lines,
                {.read_line = [&typing](std::string_view text) { return typing->read_line(text); },
                 .write = to_standard_output,
                 .interrupted = [&signals] { return signals.key.pressed(); },
                 .is_over = [&signals] { return signals.is_over(); },
                 .start_anew = start_anew,
                 .screen = typing->screen.get()}};
  EndsInTime face{prompt, signals};
  while (true) {
    if (const auto begun = guests.begin(); !begun) return fail(begun.error().message);
    prompt.set_guest(guests.debugger());
    const auto end = guests.debugger().run(face);
    if (!end) return guests.run().report(fail(end.error().message));
    if (!guests.prepared() || signals.is_over()) return end_session(guests, *end, prompt, signals);
  }
}

int debug(const DebugOptions& options) {
  const auto commands = prepared_commands(options);
  if (!commands) return fail(commands.error().message);
  auto input = take_standard_input(options.input);
  if (!input) return fail(input.error().message);
  Guests guests{options.run};
  if (const auto first = guests.prepare({}); !first) return fail(first.error().message);
  return debug_guests(options, *commands, std::move(*input), guests);
}

}  // namespace

void add_debug_command(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("debug", "Runs a program under lpaemu's own debugger");
  command->footer(
      "`help` at the prompt lists its commands. Exit status: the guest's when it ended by itself, as for run; else 0,\n"
      "or 1 when a command was wrong; 128+N when SIGTERM, SIGHUP, or Ctrl-C of a --batch, ended the session; 124 after "
      "--timeout.");
  const auto options = std::make_shared<DebugOptions>();
  declare_run_options(*command, options->run);
  const auto prepare = [&](const char* name, bool file, const char* help) {
    command
        ->add_option_function<std::string>(
            name, [options, file](const std::string& text) { options->prepared.push_back({file, text}); }, help)
        ->trigger_on_parse()
        ->allow_extra_args(false)
        ->type_name(file ? "FILE" : "COMMAND");
  };
  prepare("--ex", false, "Run a command at the first stop; repeatable; -ex does as well");
  prepare("-x,--command", true, "Run the commands of a file, a line each; repeatable");
  command->add_flag("--batch", options->batch, "Quit when the commands of -ex and -x are done");
  command->add_option("--stdin", options->input, "What the guest reads on descriptor 0")
      ->type_name("FILE")
      ->capture_default_str();
  command->callback([options, &action] {
    finish_run_options(options->run);
    action = [options] { return debug(*options); };
  });
}

}  // namespace lpaemu::emu
