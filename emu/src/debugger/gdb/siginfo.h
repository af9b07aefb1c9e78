// siginfo_t of ARM Linux, as $_siginfo shows it.
#pragma once

#include <string>

#include "lpaemu/emu/debugger/stop_event.h"

namespace lpaemu::emu::gdb {

/// The bytes for this stop: of its signal, else of the SIGTRAP or SIGINT that a GDB was told. `pc`: where it stopped.
[[nodiscard]] std::string siginfo_bytes(const StopEvent& event, kernel::VirtAddr pc);

}  // namespace lpaemu::emu::gdb
