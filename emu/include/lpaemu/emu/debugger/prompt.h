// The prompt: commands by line, from the command line, from files, from somebody who types.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "lpaemu/emu/debugger/commands.h"
#include "lpaemu/emu/debugger/fault_layout.h"

namespace lpaemu::emu {

class Prompt final : public Face {
 public:
  static constexpr std::string_view text = "(lpaemu) ";

  /// Who types, and who reads.
  struct Person {
    /// The next line that is typed; nothing at the end. `prompt` is what to ask with.
    std::function<std::optional<std::string>(std::string_view prompt)> read_line;
    std::function<void(std::string_view text)> write;
    /// Whether Ctrl-C was pressed since this was asked last.
    std::function<bool()> interrupted;
    /// Whether the session is to end: no more commands.
    std::function<bool()> is_over = [] { return false; };
    FullScreen* screen = nullptr;  // for full-screen views; null: there is none
  };

  enum class AtEnd : std::uint8_t { read_lines, quit };  // when the prepared commands are done

  Prompt(Debugger& debugger, std::deque<std::string> prepared, AtEnd at_end, Person person)
      : debugger_{debugger}, prepared_{std::move(prepared)}, at_end_{at_end}, person_{std::move(person)} {}

  [[nodiscard]] Resume on_stop(const StopEvent& event) override;

  /// Whether a command was wrong.
  [[nodiscard]] bool failed() const { return failed_; }
  /// Whether Ctrl-C has ended the prepared commands, and with them the session.
  [[nodiscard]] bool was_interrupted() const { return interrupted_ && at_end_ == AtEnd::quit; }

 private:
  [[nodiscard]] std::optional<std::string> next_line();
  void end_prepared();
  /// Nothing: the next line is to be read.
  [[nodiscard]] std::optional<Resume> run_line(const std::string& line, const StopEvent& event);
  [[nodiscard]] std::optional<Resume> show_layout(const StopEvent& event);
  [[nodiscard]] CommandResult outcome_of(const std::string& line, bool exited);

  Debugger& debugger_;
  std::deque<std::string> prepared_;
  AtEnd at_end_;
  Person person_;
  std::optional<FaultLayout> layout_;
  std::optional<LineStep> line_step_;
  std::string last_line_;          // what an empty line repeats
  std::size_t sourced_lines_ = 0;  // by `source`, since a line was typed
  bool failed_ = false;
  bool interrupted_ = false;  // prepared commands were dropped
};

}  // namespace lpaemu::emu
