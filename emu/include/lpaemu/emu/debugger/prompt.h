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
    /// Makes a guest that is debugged when this one has come to its end; answers its command line. No arguments: those
    /// of the guest before.
    std::function<Expected<std::string, Error>(const std::vector<std::string>& args)> start_anew;
    FullScreen* screen = nullptr;  // for full-screen views; null: there is none
  };

  enum class AtEnd : std::uint8_t { read_lines, quit };  // when the prepared commands are done

  Prompt(const std::vector<Script>& prepared, AtEnd at_end, Person person);

  /// The guest whose stops come from now on. Requires: `debugger` lives until the next one is set, or no stop comes.
  void set_guest(Debugger& debugger);
  [[nodiscard]] Resume on_stop(const StopEvent& event) override;

  /// Whether a command was wrong.
  [[nodiscard]] bool failed() const { return failed_; }
  /// Whether Ctrl-C has ended the prepared commands, and with them the session.
  [[nodiscard]] bool was_interrupted() const { return interrupted_ && at_end_ == AtEnd::quit; }

 private:
  struct Line {
    std::string text;
    std::string place{};  // "FILE:LINE: "; empty: it was typed, or is of the command line
    int script = 0;       // the lines that an error leaves out have the same; 0: none are
  };

  [[nodiscard]] std::optional<Line> next_line();
  [[nodiscard]] std::vector<Line> lines_of(const Script& script);
  void end_prepared();
  /// Nothing: the next line is to be read.
  [[nodiscard]] std::optional<Resume> run_line(const Line& line, const StopEvent& event);
  [[nodiscard]] std::optional<Resume> start(const Start& start, const Line& line, const StopEvent& event);
  [[nodiscard]] std::optional<Resume> show_layout(const StopEvent& event);
  [[nodiscard]] CommandResult outcome_of(const std::string& line, bool exited);
  void say_error(const Line& line, const Error& error);

  Debugger* debugger_ = nullptr;
  Points points_;  // of the guest before, for the one to come
  std::deque<Line> prepared_;
  int scripts_ = 0;  // so far
  AtEnd at_end_;
  Person person_;
  std::optional<FaultLayout> layout_;
  std::optional<LineStep> line_step_;
  std::string last_line_;          // what an empty line repeats
  std::size_t sourced_lines_ = 0;  // by `source`, since a line was typed
  bool runs_from_start_ = false;   // the next guest, without a stop
  bool failed_ = false;
  bool interrupted_ = false;  // prepared commands were dropped
};

}  // namespace lpaemu::emu
