// `lpaemu version`
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "lpaemu/emu/cli/commands.h"
#include "lpaemu/emu/disasm.h"
#include "lpaemu/emu/engine/engine.h"

namespace lpaemu::emu {

std::string versions() {
  return fmt::format("lpaemu {}\nunicorn {}\ncapstone {}", LPAEMU_VERSION, Engine::version(), capstone_version());
}

void add_version_command(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("version", "Prints the versions of lpaemu, Unicorn and Capstone");
  const auto format = std::make_shared<std::string>("text");
  command->add_option("--format", *format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->callback([format, &action] {
    action = [format] {
      if (*format == "json") {
        const nlohmann::ordered_json out{
            {"lpaemu", LPAEMU_VERSION}, {"unicorn", Engine::version()}, {"capstone", capstone_version()}};
        fmt::print("{}\n", out.dump(2));
      } else {
        fmt::print("{}\n", versions());
      }
      return 0;
    };
  });
}

}  // namespace lpaemu::emu
