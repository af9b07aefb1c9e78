// `lpaemu debug`: a Linux ARM program under lpaemu's own prompt.
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <deque>
#include <memory>
#include <optional>

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
#include "lpaemu/emu/host/read_file.h"
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

constexpr std::uint64_t largest_script = std::uint64_t{1} << 20;

void to_standard_output(std::string_view text) {
  static const bool colours = output_has_colours();
  const std::string coloured = colours ? highlighted(text) : std::string{};
  if (colours) text = coloured;
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);  // the guest writes there too
}

Expected<std::deque<std::string>, Error> prepared_commands(const DebugOptions& options) {
  std::deque<std::string> lines;
  for (const auto& [is_file, text] : options.prepared) {
    if (!is_file) {
      lines.push_back(text);
      continue;
    }
    LPAEMU_TRY(bytes, read_file(text, largest_script));
    std::string line;
    for (const std::byte byte : bytes) {
      if (byte != std::byte{'\n'})
        line += std::to_integer<char>(byte);
      else
        lines.push_back(std::exchange(line, {}));
    }
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

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

Expected<Typing, Error> open_typing(Debugger& debugger, UniqueFd descriptor) {
  Typing typing{.input = std::make_unique<LineInput>(std::move(descriptor)), .editor = {}, .screen = {}};
  if (!typing.input->is_terminal() || !output_is_screen()) return typing;
  LPAEMU_TRY(editor, LineEditor::open(typing.input->descriptor(), history_file(), [&debugger](std::string_view before) {
               return complete_line(debugger, before);
             }));
  typing.editor = std::move(editor);
  typing.screen = curses_screen(typing.input->descriptor());
  return typing;
}

/// Ends the session at the first stop behind the time limit; the limit stops the guest.
class TimeLimited final : public Face {
 public:
  TimeLimited(Face& face, const std::optional<StopSignals>& limit) : face_{face}, limit_{limit} {}
  [[nodiscard]] bool is_over() const { return limit_ && limit_->received(); }
  [[nodiscard]] Resume on_stop(const StopEvent& event) override {
    return is_over() ? Resume{.kind = ResumeKind::kill} : face_.on_stop(event);
  }

 private:
  Face& face_;
  const std::optional<StopSignals>& limit_;
};

int debug(const DebugOptions& options) {
  auto commands = prepared_commands(options);
  if (!commands) return fail(commands.error().message);
  auto descriptor = take_standard_input(options.input);
  if (!descriptor) return fail(descriptor.error().message);
  const auto guest = GuestRun::create(options.run, Purpose::debug);
  if (!guest) return fail(guest.error().message);
  GuestRun& run = **guest;

  auto debugger = Debugger::attach(run.machine(), [&run] { run.host().clear_interrupt(); });
  if (!debugger) return fail(debugger.error().message);
  const auto typing = open_typing(**debugger, std::move(*descriptor));
  if (!typing) return fail(typing.error().message);
  Prompt prompt{**debugger,
                std::move(*commands),
                options.batch ? Prompt::AtEnd::quit : Prompt::AtEnd::read_lines,
                [&typing](std::string_view text) { return typing->read_line(text); },
                to_standard_output,
                typing->screen.get()};
  std::optional<StopSignals> limit;
  if (options.run.timeout_seconds) limit.emplace(options.run.timeout_seconds, [&run] { run.interrupt(); });
  const InterruptKey key{[&run] { run.interrupt(); }};
  TimeLimited limited{prompt, limit};
  const auto end = (*debugger)->run(limited);
  if (!end) return fail(end.error().message);
  if (*end == DebugEnd::exited) return run.conclude(RunEnd::exited, {});
  if (limited.is_over()) return run.conclude(RunEnd::interrupted, limit->received());
  if (*end == DebugEnd::killed) return prompt.failed() ? 1 : 0;
  debugger->reset();
  const auto ended = run.machine().run();
  if (!ended) return fail(ended.error().message);
  return run.conclude(*ended, limited.is_over() ? limit->received() : SIGINT);
}

}  // namespace

void add_debug_command(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("debug", "Runs a program under lpaemu's own debugger");
  command->footer(
      "`help` at the prompt lists its commands. Exit status: the guest's when it ended by itself, as for run; else 0, "
      "or "
      "1 when\n"
      "a command was wrong.");
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
