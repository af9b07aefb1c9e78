#include "lpaemu/emu/debugger/prompt.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

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

/// Of those that run or change the guest.
bool serves_without_guest(const Command& command) {
  constexpr std::array names{"quit"sv, "source"sv, "run"sv, "start"sv, "starti"sv};
  return std::ranges::find(names, command.name) != names.end();
}

std::string commands_text(std::size_t count) { return fmt::format("{} command{}", count, count == 1 ? "" : "s"); }

bool is_blank(std::string_view line) {
  const std::string_view text = trimmed(line);
  return text.empty() || text.front() == '#';
}

}  // namespace

Prompt::Prompt(const std::vector<Script>& prepared, AtEnd at_end, Person person)
    : at_end_{at_end}, person_{std::move(person)} {
  for (const Script& script : prepared) std::ranges::move(lines_of(script), std::back_inserter(prepared_));
}

void Prompt::set_guest(Debugger& debugger) {
  debugger_ = &debugger;
  debugger_->points() = std::exchange(points_, {});
}

std::vector<Prompt::Line> Prompt::lines_of(const Script& script) {
  const int id = script.file.empty() ? 0 : ++scripts_;
  std::vector<Line> lines;
  lines.reserve(script.lines.size());
  for (const std::string& line : script.lines)
    lines.push_back({line, id == 0 ? "" : fmt::format("{}:{}: ", script.file, lines.size() + 1), id});
  return lines;
}

/// Ctrl-C ends the commands of -ex, -x and source.
void Prompt::end_prepared() {
  if (at_end_ == AtEnd::quit) interrupted_ = true;  // while the last of them runs, too
  if (prepared_.empty()) return;
  person_.write(fmt::format("Interrupted: {} left out.\n", commands_text(prepared_.size())));
  prepared_.clear();
  interrupted_ = true;
}

/// The rest of the line's script is left out.
void Prompt::say_error(const Line& line, const Error& error) {
  failed_ = true;
  person_.write(fmt::format("error: {}{}\n", line.place, error.message));
  const auto of_script = [&line](const Line& other) { return line.script != 0 && other.script == line.script; };
  if (const std::size_t count = std::erase_if(prepared_, of_script))
    person_.write(fmt::format("The script ends here: {} left out.\n", commands_text(count)));
}

std::optional<Prompt::Line> Prompt::next_line() {
  if (person_.interrupted()) {
    debugger_->forget_interrupt();
    end_prepared();
  }
  if (person_.is_over()) return std::nullopt;
  if (!prepared_.empty()) {
    Line line = std::move(prepared_.front());
    prepared_.pop_front();
    return line;
  }
  if (at_end_ == AtEnd::quit) return std::nullopt;
  auto line = person_.read_line(text);
  sourced_lines_ = 0;
  if (!line) return std::nullopt;
  if (line->ends_with('\r')) line->pop_back();
  return Line{line->empty() ? last_line_ : std::move(*line)};
}

CommandResult Prompt::outcome_of(const std::string& line, bool exited) {
  const auto parsed = parse_command(line);
  last_line_ = parsed && repeats(*parsed->command) ? line : std::string{};
  const bool needs_guest = parsed && (parsed->command->runs == Runs::guest || changes_guest(*parsed->command));
  if (exited && needs_guest && !serves_without_guest(*parsed->command))
    return unexpected(Error{"the guest has ended; `run` starts it again"});
  CommandResult result = run_command(*debugger_, line);
  constexpr std::size_t most = std::size_t{1} << 16;
  if (result && result->script && (sourced_lines_ += result->script->lines.size()) > most)
    return unexpected(Error{fmt::format("more than {} commands came from files: does one source itself?", most)});
  if (result && result->fault_layout && person_.screen == nullptr)
    return unexpected(Error{"a layout needs a terminal to type at, with TERM saying what it can do"});
  return result;
}

std::optional<Resume> Prompt::run_line(const Line& line, const StopEvent& event) {
  if (is_blank(line.text)) return std::nullopt;
  CommandResult result = outcome_of(line.text, event.kind == StopKind::exited);
  if (!result) {
    say_error(line, result.error());
    return std::nullopt;
  }
  if (!result->repeat.empty()) last_line_ = result->repeat;
  if (result->script) {
    std::vector<Line> lines = lines_of(*result->script);
    if (line.script != 0)
      for (Line& sourced : lines) sourced.script = line.script;
    prepared_.insert(prepared_.begin(), lines.begin(), lines.end());
  }
  person_.write(result->text);
  if (result->start) return start(*result->start, line, event);
  line_step_ = result->line_step;
  if (!result->fault_layout) return result->resume;
  layout_.emplace(*debugger_, *person_.screen);
  return show_layout(event);
}

std::optional<Resume> Prompt::start(const Start& start, const Line& line, const StopEvent& event) {
  if (event.kind == StopKind::started && start.args.empty()) {
    if (!start.stop) return Resume{.stop_here = true};
    person_.write(describe_stop(*debugger_, event));
    return std::nullopt;
  }
  const auto started = person_.start_anew(start.args);
  if (!started) {
    say_error(line, started.error());
    return std::nullopt;
  }
  person_.write(fmt::format("Starting program: {}\n", *started));
  points_ = for_next_guest(std::exchange(debugger_->points(), {}));
  runs_from_start_ = !start.stop;
  return Resume{.kind = ResumeKind::kill};
}

std::optional<Resume> Prompt::show_layout(const StopEvent& event) {
  const auto resume = layout_->on_stop(event);
  if (!resume) layout_.reset();
  return resume;
}

Resume Prompt::on_stop(const StopEvent& event) {
  if (event.kind == StopKind::started && std::exchange(runs_from_start_, false)) return Resume{.stop_here = true};
  if (line_step_)
    if (const auto resume = line_step_->on_stop(*debugger_, event)) return *resume;
  line_step_.reset();
  // What step, next and finish have planted: it is over with them, wherever they have stopped.
  debugger_->points().remove_if([](const Point& point) { return point.number == 0; });
  if (layout_)
    if (const auto resume = show_layout(event)) return *resume;
  person_.write(describe_stop_and_code(*debugger_, event));
  if (event.kind == StopKind::interrupted || event.asked_for) end_prepared();
  while (const auto line = next_line())
    if (const auto resume = run_line(*line, event)) return *resume;
  return Resume{.kind = ResumeKind::kill};
}

}  // namespace lpaemu::emu
