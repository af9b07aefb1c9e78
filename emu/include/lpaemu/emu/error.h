// A failure of the host's side: a file, a library, an argument. What the guest sees as failure is a value of its own
// kind.
#pragma once

#include <string>

#include "lpaemu/mmu/expected.h"

namespace lpaemu {

/// One line, without a full stop: what was asked, what was found and where, what to do about it.
struct Error {
  std::string message;

  friend bool operator==(const Error&, const Error&) = default;
};

}  // namespace lpaemu
