// The terminal at standard output: what it can do, and how it is left.
#pragma once

#include <cstdio>
#include <memory>
#include <string>

namespace lpaemu::emu {

/// Whether standard output is a terminal with a cursor that can be moved: TERM is set, and not "dumb".
[[nodiscard]] bool output_is_screen();
/// Whether it is to be coloured: a screen, and NO_COLOR is not set. [no-color.org]
[[nodiscard]] bool output_has_colours();

struct StreamCloser {
  void operator()(std::FILE* stream) const { std::fclose(stream); }
};
using KeyStream = std::unique_ptr<std::FILE, StreamCloser>;
/// What is typed at the terminal, which stays the caller's; null when there are no descriptors left.
[[nodiscard]] KeyStream keys_of(int terminal);

/// Gives the terminal back what a TerminalGuard that lives has to give it. Async-signal-safe.
void restore_terminal();

/// While it lives, a signal that ends lpaemu, be it a crash, first gives the terminal its settings back, which are
/// those at construction. One at a time. Signals that have a handler, or are ignored, are left alone.
class TerminalGuard {
 public:
  /// `terminal` stays the caller's.
  explicit TerminalGuard(int terminal);
  ~TerminalGuard();
  /// What else the terminal then needs to be as it was, to be written to standard output.
  void write_at_end(std::string text);
  TerminalGuard(const TerminalGuard&) = delete;
  TerminalGuard& operator=(const TerminalGuard&) = delete;
};

}  // namespace lpaemu::emu
