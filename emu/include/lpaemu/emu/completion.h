// What the Tab key offers.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace lpaemu::emu {

/// Words, sorted, that may stand in place of the last `typed` characters before the cursor.
struct Completion {
  std::size_t typed = 0;
  std::vector<std::string> words{};
};

}  // namespace lpaemu::emu
