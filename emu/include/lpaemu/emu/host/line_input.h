// Lines from a descriptor, for prompts.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "lpaemu/emu/error.h"
#include "lpaemu/emu/host/unique_fd.h"

namespace lpaemu::emu {

/// Takes descriptor 0 for lpaemu itself; what reads 0 from then on, the guest, gets `file` instead ("/dev/null").
[[nodiscard]] Expected<UniqueFd, Error> take_standard_input(const std::string& file);
/// For another guest, who is to read it from the beginning; of a pipe what is left.
void rewind_standard_input();

class LineInput {
 public:
  /// What a line that is waited for has to do with the signals that have come.
  enum class Woken : std::uint8_t { wait_on, drop_line, end };

  /// `woken` is asked before each wait, and when a signal has ended one.
  LineInput(UniqueFd fd, std::function<Woken()> woken);

  /// The next line without its end; nothing at the end of the input, or when it cannot be read.
  [[nodiscard]] std::optional<std::string> read_line();
  [[nodiscard]] bool is_terminal() const;
  [[nodiscard]] int descriptor() const { return fd_.get(); }

 private:
  /// False: it is not to be waited for.
  [[nodiscard]] bool wait();
  [[nodiscard]] int source() const { return lines_.valid() ? lines_.get() : fd_.get(); }

  UniqueFd fd_;
  UniqueFd lines_;  // the same terminal, if it is one
  std::function<Woken()> woken_;
  std::string pending_;
};

}  // namespace lpaemu::emu
