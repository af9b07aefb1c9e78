// Lines that somebody types at a terminal: editing, history, completion. The only part that knows libedit.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lpaemu/emu/completion.h"
#include "lpaemu/emu/error.h"

namespace lpaemu::emu {

/// Where lines that were typed are kept from one session to the next: $XDG_STATE_HOME/lpaemu_history, else
/// ~/.lpaemu_history; empty when neither is known.
[[nodiscard]] std::string history_file();

class LineEditor {
 public:
  using Complete = std::function<Completion(std::string_view before_cursor)>;

  /// Keys from `terminal`, which stays the caller's; echo to standard output. When a signal has come, `is_over` is
  /// asked whether no more lines are to be read. Requires: both are terminals.
  [[nodiscard]] static Expected<std::unique_ptr<LineEditor>, Error> open(int terminal, std::string history,
                                                                         Complete complete,
                                                                         std::function<bool()> is_over);
  /// Writes the history file; that it cannot be written is nobody's concern.
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  /// The next line without its end; nothing after Ctrl-D, or when it is over. Ctrl-C begins a new line.
  [[nodiscard]] std::optional<std::string> read_line(std::string_view prompt);

 private:
  class State;
  explicit LineEditor(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace lpaemu::emu
