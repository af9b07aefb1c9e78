#include "lpaemu/mmu/assert.h"

#include <cstdio>
#include <cstdlib>

namespace lpaemu {

void assertion_failed(std::string_view condition, std::string_view file, int line, std::string_view state) {
  fmt::print(stderr, "lpaemu: assertion failed: {} at {}:{}: {}\n", condition, file, line, state);
  std::fflush(stderr);
  std::abort();
}

}  // namespace lpaemu
