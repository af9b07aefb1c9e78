#include "lpaemu/emu/cli/log.h"

#include <spdlog/cfg/helpers.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <memory>

namespace lpaemu::emu {

void configure_logging() {
  auto logger = std::make_shared<spdlog::logger>("lpaemu", std::make_shared<spdlog::sinks::stderr_sink_st>());
  logger->set_pattern("lpaemu: %l: %n: %v");
  spdlog::set_default_logger(std::move(logger));
  spdlog::set_level(spdlog::level::off);
  // getenv: before any other thread exists.
  if (const char* levels = std::getenv("LPAEMU_LOG"); levels != nullptr) spdlog::cfg::helpers::load_levels(levels);
}

}  // namespace lpaemu::emu
