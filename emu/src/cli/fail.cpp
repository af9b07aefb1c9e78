#include <fmt/format.h>

#include <cstdio>

#include "lpaemu/emu/cli/commands.h"

namespace lpaemu::emu {

int fail(const std::string& message) {
  fmt::print(stderr, "lpaemu: error: {}\n", message);
  return exit_failure;
}

}  // namespace lpaemu::emu
