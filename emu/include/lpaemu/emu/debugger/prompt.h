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
  /// Gives the next line that somebody types; nothing at the end. `prompt` is what to ask with.
  using ReadLine = std::function<std::optional<std::string>(std::string_view prompt)>;
  using Write = std::function<void(std::string_view text)>;

  enum class AtEnd : std::uint8_t { read_lines, quit };  // when the prepared commands are done

  /// `screen`: for full-screen views; null: there is none.
  Prompt(Debugger& debugger, std::deque<std::string> prepared, AtEnd at_end, ReadLine read_line, Write write,
         FullScreen* screen)
      : debugger_{debugger},
        prepared_{std::move(prepared)},
        at_end_{at_end},
        read_line_{std::move(read_line)},
        write_{std::move(write)},
        screen_{screen} {}

  [[nodiscard]] Resume on_stop(const StopEvent& event) override;

  /// Whether a command was wrong.
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  [[nodiscard]] std::optional<std::string> next_line();
  /// Nothing: the next line is to be read.
  [[nodiscard]] std::optional<Resume> run_line(const std::string& line, const StopEvent& event);
  [[nodiscard]] std::optional<Resume> show_layout(const StopEvent& event);
  [[nodiscard]] CommandResult outcome_of(const std::string& line, bool exited);

  Debugger& debugger_;
  std::deque<std::string> prepared_;
  AtEnd at_end_;
  ReadLine read_line_;
  Write write_;
  FullScreen* screen_;
  std::optional<FaultLayout> layout_;
  std::optional<LineStep> line_step_;
  std::string last_line_;  // what an empty line repeats
  bool failed_ = false;
};

}  // namespace lpaemu::emu
