// Loggers of this module, one a file, named "kernel.<file>".
#pragma once

#include <spdlog/spdlog.h>

#include <memory>
#include <string>

namespace lpaemu::kernel {

/// The logger of that name. The program may have made it, with a level of its own; else it is made like the default
/// logger on first use, so that the program decides where logs go.
inline std::shared_ptr<spdlog::logger> logger(const std::string& name) {
  if (auto existing = spdlog::get(name)) return existing;
  auto made = spdlog::default_logger()->clone(name);
  spdlog::register_logger(made);
  return made;
}

}  // namespace lpaemu::kernel
