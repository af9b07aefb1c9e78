// Logging: off unless LPAEMU_LOG asks for it, on standard error.
#pragma once

namespace lpaemu::emu {

/// Sets up spdlog from LPAEMU_LOG, e.g. `kernel=debug,emu.gdb=trace`. Warnings about the guest are on by default.
void configure_logging();

}  // namespace lpaemu::emu
