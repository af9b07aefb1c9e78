// Loggers of this module, one a file, named "kernel.<file>".
#pragma once

#include <spdlog/spdlog.h>

#include <memory>
#include <string>

namespace lpaemu::kernel {

/// The logger of that name; made on first use after the default logger, so that the program decides where logs go.
inline std::shared_ptr<spdlog::logger> logger(const std::string& name) {
  if (auto existing = spdlog::get(name)) return existing;
  auto made = spdlog::default_logger()->clone(name);
  spdlog::initialize_logger(made);
  return made;
}

}  // namespace lpaemu::kernel
