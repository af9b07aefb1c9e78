#include "lpaemu/emu/debugger/prompt.h"

#include <fmt/format.h>

#include "lpaemu/emu/blanks.h"

namespace lpaemu::emu {
namespace {

/// Whether an empty line does it once more, as in GDB.
bool repeats(const Command& command) {
  return command.name == "stepi" || command.name == "nexti" || command.name == "phase" || command.name == "continue" ||
         command.name == "x";
}

bool is_blank(std::string_view line) {
  const std::string_view text = trimmed(line);
  return text.empty() || text.front() == '#';
}

}  // namespace

std::optional<std::string> Prompt::next_line() {
  if (!prepared_.empty()) {
    std::string line = std::move(prepared_.front());
    prepared_.pop_front();
    return line;
  }
  if (at_end_ == AtEnd::quit) return std::nullopt;
  auto line = read_line_("(lpaemu) ");
  if (line && line->empty()) return last_line_;
  return line;
}

std::optional<Resume> Prompt::run_line(const std::string& line, bool exited) {
  if (is_blank(line)) return std::nullopt;
  const auto parsed = parse_command(line);
  last_line_ = parsed && repeats(*parsed->command) ? line : std::string{};
  CommandResult result = parsed && exited && parsed->command->runs == Runs::guest && parsed->command->name != "quit"
                             ? CommandResult{unexpected(Error{"the guest has ended"})}
                             : run_command(debugger_, line);
  if (!result) {
    failed_ = true;
    write_(fmt::format("error: {}\n", result.error().message));
    return std::nullopt;
  }
  write_(result->text);
  return result->resume;
}

Resume Prompt::on_stop(const StopEvent& event) {
  write_(describe_stop(debugger_, event));
  while (const auto line = next_line())
    if (const auto resume = run_line(*line, event.kind == StopKind::exited)) return *resume;
  return Resume{.kind = ResumeKind::kill};
}

}  // namespace lpaemu::emu
