// Signal numbers of the protocol, which are its own. [gdb include/gdb/signals.def]
#pragma once

namespace lpaemu::emu::gdb {

[[nodiscard]] int gdb_signal(int linux_signal);

}  // namespace lpaemu::emu::gdb
