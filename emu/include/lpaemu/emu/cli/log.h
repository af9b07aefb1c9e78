// Logging, on standard error.
#pragma once

namespace lpaemu::emu {

/// Sets up spdlog. Warnings are shown; LPAEMU_LOG says otherwise: `off`, `debug`, or by logger `kernel.syscalls=off`.
void configure_logging();

}  // namespace lpaemu::emu
