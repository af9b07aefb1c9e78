#include "lpaemu/emu/debugger/prompt.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lpaemu/emu/blanks.h"

namespace lpaemu::emu {
namespace {

using namespace std::string_view_literals;

/// Whether an empty line does it once more, as in GDB: what steps, and what shows.
bool repeats(const Command& command) {
  constexpr std::array names{"continue"sv, "stepi"sv, "nexti"sv,       "step"sv,      "next"sv, "finish"sv, "phase"sv,
                             "list"sv,     "print"sv, "disassemble"sv, "backtrace"sv, "x"sv,    "pagemap"sv};
  return command.name.starts_with("info ") || std::ranges::find(names, command.name) != names.end();
}

/// Whether it changes the guest without running it.
bool changes_guest(const Command& command) {
  constexpr std::array names{"set"sv, "set pte"sv, "set vma"sv, "force-fault"sv, "clear-refs"sv};
  return std::ranges::find(names, command.name) != names.end();
}

bool is_blank(std::string_view line) {
  const std::string_view text = trimmed(line);
  return text.empty() || text.front() == '#';
}

}  // namespace

/// Ctrl-C ends the commands of -ex, -x and source.
void Prompt::end_prepared() {
  if (at_end_ == AtEnd::quit) interrupted_ = true;  // while the last of them runs, too
  if (prepared_.empty()) return;
  person_.write(
      fmt::format("Interrupted: {} command{} left out.\n", prepared_.size(), prepared_.size() == 1 ? "" : "s"));
  prepared_.clear();
  interrupted_ = true;
}

std::optional<std::string> Prompt::next_line() {
  if (person_.interrupted()) {
    debugger_.forget_interrupt();
    end_prepared();
  }
  if (person_.is_over()) return std::nullopt;
  if (!prepared_.empty()) {
    std::string line = std::move(prepared_.front());
    prepared_.pop_front();
    return line;
  }
  if (at_end_ == AtEnd::quit) return std::nullopt;
  auto line = person_.read_line(text);
  sourced_lines_ = 0;
  if (line && line->ends_with('\r')) line->pop_back();
  if (line && line->empty()) return last_line_;
  return line;
}

CommandResult Prompt::outcome_of(const std::string& line, bool exited) {
  const auto parsed = parse_command(line);
  last_line_ = parsed && repeats(*parsed->command) ? line : std::string{};
  const bool needs_guest = parsed && (parsed->command->runs == Runs::guest || changes_guest(*parsed->command));
  if (exited && needs_guest && parsed->command->name != "quit" && parsed->command->name != "source")
    return unexpected(Error{"the guest has ended; `quit`, and call lpaemu again to run it anew"});
  CommandResult result = run_command(debugger_, line);
  constexpr std::size_t most = std::size_t{1} << 16;
  if (result && (sourced_lines_ += result->lines.size()) > most)
    return unexpected(Error{fmt::format("more than {} commands came from files: does one source itself?", most)});
  if (result && result->fault_layout && person_.screen == nullptr)
    return unexpected(Error{"a layout needs a terminal to type at, with TERM saying what it can do"});
  return result;
}

std::optional<Resume> Prompt::run_line(const std::string& line, const StopEvent& event) {
  if (is_blank(line)) return std::nullopt;
  const CommandResult result = outcome_of(line, event.kind == StopKind::exited);
  if (!result) {
    failed_ = true;
    person_.write(fmt::format("error: {}\n", result.error().message));
    return std::nullopt;
  }
  if (!result->repeat.empty()) last_line_ = result->repeat;
  prepared_.insert(prepared_.begin(), result->lines.begin(), result->lines.end());
  person_.write(result->text);
  line_step_ = result->line_step;
  if (!result->fault_layout) return result->resume;
  layout_.emplace(debugger_, *person_.screen);
  return show_layout(event);
}

std::optional<Resume> Prompt::show_layout(const StopEvent& event) {
  const auto resume = layout_->on_stop(event);
  if (!resume) layout_.reset();
  return resume;
}

Resume Prompt::on_stop(const StopEvent& event) {
  if (line_step_)
    if (const auto resume = line_step_->on_stop(debugger_, event)) return *resume;
  line_step_.reset();
  // What step, next and finish have planted: it is over with them, wherever they have stopped.
  debugger_.points().remove_if([](const Point& point) { return point.number == 0; });
  if (layout_)
    if (const auto resume = show_layout(event)) return *resume;
  person_.write(describe_stop_and_code(debugger_, event));
  if (event.kind == StopKind::interrupted || event.asked_for) end_prepared();
  while (const auto line = next_line())
    if (const auto resume = run_line(*line, event)) return *resume;
  return Resume{.kind = ResumeKind::kill};
}

}  // namespace lpaemu::emu
