// Assertions that stay on in every build: a caller's bug ends the program with the state that shows it.
#pragma once

#include <fmt/format.h>

#include <string_view>

namespace lpaemu {

/// Prints one line to standard error and aborts.
[[noreturn]] void assertion_failed(std::string_view condition, std::string_view file, int line, std::string_view state);

}  // namespace lpaemu

/// `LPAEMU_ASSERT(pfn < end, "pfn {:#x}, end {:#x}", pfn, end);` The message is a fmt format string and its arguments.
#define LPAEMU_ASSERT(condition, ...)                                                         \
  do {                                                                                        \
    if (!(condition)) [[unlikely]]                                                            \
      ::lpaemu::assertion_failed(#condition, __FILE__, __LINE__, ::fmt::format(__VA_ARGS__)); \
  } while (false)
