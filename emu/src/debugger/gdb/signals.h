// Signal numbers of the protocol, which are its own. [gdb include/gdb/signals.def]
#pragma once

#include <cstdint>
#include <optional>

namespace lpaemu::emu::gdb {

[[nodiscard]] int gdb_signal(int linux_signal);
/// Nothing: Linux has no such signal.
[[nodiscard]] std::optional<int> linux_signal(std::uint64_t gdb_signal);

}  // namespace lpaemu::emu::gdb
