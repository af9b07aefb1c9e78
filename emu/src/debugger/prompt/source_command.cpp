// source: commands from a file.
#include <algorithm>

#include "handlers.h"
#include "lpaemu/emu/host/read_file.h"

namespace lpaemu::emu {

Expected<std::vector<std::string>, Error> commands_in(const std::string& file) {
  constexpr std::uint64_t largest = std::uint64_t{1} << 20;
  LPAEMU_TRY(bytes, read_file(file, largest));
  std::string_view text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);  // of a file that was made elsewhere
    lines.emplace_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

namespace commands {

CommandResult do_source(Debugger& /*debugger*/, std::string_view arguments) {
  LPAEMU_TRY(lines, commands_in(std::string{arguments}));
  return Outcome{.text = {}, .lines = std::move(lines)};
}

}  // namespace commands
}  // namespace lpaemu::emu
