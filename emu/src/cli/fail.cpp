#include <fmt/format.h>

#include <cstdio>
#include <iterator>

#include "lpaemu/emu/cli/commands.h"

namespace lpaemu::emu {

int fail(const std::string& message, int status) {
  // What a guest or a file named goes into the message: it must neither make lines of its own nor talk to the terminal.
  std::string line = "lpaemu: error: ";
  for (const char c : message) {
    const auto byte = static_cast<unsigned char>(c);
    constexpr unsigned char first_printable = 0x20, del = 0x7f;
    if (byte < first_printable || byte == del)
      fmt::format_to(std::back_inserter(line), "\\x{:02x}", byte);
    else
      line += c;
  }
  line += '\n';
  std::fputs(line.c_str(), stderr);  // where standard error cannot be written there is nobody to tell
  return status;
}

}  // namespace lpaemu::emu
