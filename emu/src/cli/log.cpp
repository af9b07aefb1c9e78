#include "lpaemu/emu/cli/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

namespace lpaemu::emu {

namespace {

/// The loggers that there are. One a file that logs.
constexpr std::array loggers{"kernel.syscalls"};

/// `LEVEL` or `NAME=LEVEL`, where NAME is that of a logger or of its module: `kernel=debug`.
void set_level(std::string_view setting) {
  const std::size_t equals = setting.find('=');
  const auto level = spdlog::level::from_str(std::string{setting.substr(equals == setting.npos ? 0 : equals + 1)});
  if (equals == setting.npos) return spdlog::set_level(level);
  const std::string_view name = setting.substr(0, equals);
  for (const std::string_view logger : loggers)
    if (logger == name || logger.substr(0, logger.find('.')) == name)
      spdlog::get(std::string{logger})->set_level(level);
}

}  // namespace

void configure_logging() {
  auto logger = std::make_shared<spdlog::logger>("lpaemu", std::make_shared<spdlog::sinks::stderr_sink_st>());
  logger->set_pattern("lpaemu: %l: %n: %v");
  spdlog::set_default_logger(std::move(logger));
  for (const char* const name : loggers) spdlog::register_logger(spdlog::default_logger()->clone(name));
  spdlog::set_level(spdlog::level::warn);
  // getenv: before any other thread exists.
  const char* const settings = std::getenv("LPAEMU_LOG");
  if (settings == nullptr) return;
  for (std::string_view rest = settings; !rest.empty();) {
    const std::size_t comma = rest.find(',');
    set_level(rest.substr(0, comma));
    rest.remove_prefix(comma == rest.npos ? rest.size() : comma + 1);
  }
}

}  // namespace lpaemu::emu
