#include "output.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "lpaemu/emu/cli/commands.h"

namespace lpaemu::emu {

void put(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

int finish_output(int status) {
  errno = 0;
  const bool flushed = std::fflush(stdout) == 0;
  if (flushed && std::ferror(stdout) == 0) return status;
  const std::string why = errno != 0 ? ": " + std::generic_category().message(errno) : "";
  return fail(fmt::format("cannot write to standard output{}", why));
}

void JsonDocument::begin(std::string_view name) {
  put(fmt::format("{}\"{}\": [", empty_ ? "{" : ",\n", name));
  empty_ = false;
}

void JsonDocument::element(const json::Json& json, bool first) {
  put(first ? "\n  " : ",\n  ");
  put(json.dump());
}

}  // namespace lpaemu::emu
