// source: commands from a file.
#include <algorithm>

#include "handlers.h"
#include "lpaemu/emu/host/read_file.h"

namespace lpaemu::emu {

Expected<Script, Error> read_script(const std::string& file) {
  constexpr std::uint64_t largest = std::uint64_t{1} << 20;
  LPAEMU_TRY(bytes, read_file(file, largest));
  std::string_view text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  Script script{.file = file, .lines = {}};
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);  // of a file that was made elsewhere
    script.lines.emplace_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return script;
}

namespace commands {

CommandResult do_source(Debugger& /*debugger*/, std::string_view arguments) {
  LPAEMU_TRY(script, read_script(std::string{arguments}));
  return Outcome{.text = {}, .script = std::move(script)};
}

}  // namespace commands
}  // namespace lpaemu::emu
