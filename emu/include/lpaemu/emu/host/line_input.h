// Lines from a descriptor, for prompts.
#pragma once

#include <optional>
#include <string>

#include "lpaemu/emu/error.h"
#include "lpaemu/emu/host/unique_fd.h"

namespace lpaemu::emu {

/// Takes descriptor 0 for lpaemu itself; what reads 0 from then on, the guest, gets `file` instead ("/dev/null").
[[nodiscard]] Expected<UniqueFd, Error> take_standard_input(const std::string& file);

class LineInput {
 public:
  explicit LineInput(UniqueFd fd) : fd_{std::move(fd)} {}

  /// The next line without its end; nothing at the end of the input, or when it cannot be read.
  [[nodiscard]] std::optional<std::string> read_line();
  [[nodiscard]] bool is_terminal() const;
  [[nodiscard]] int descriptor() const { return fd_.get(); }

 private:
  UniqueFd fd_;
  std::string pending_;
};

}  // namespace lpaemu::emu
