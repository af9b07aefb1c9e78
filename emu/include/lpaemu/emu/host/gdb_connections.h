// Where GDBs come from: a TCP port, a Unix socket, or this process's own standard streams.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lpaemu/emu/debugger/gdb_server.h"
#include "lpaemu/emu/error.h"

namespace lpaemu::emu {

/// Whether `where` is PORT, HOST:PORT, unix:PATH or stdio.
[[nodiscard]] bool is_gdb_address(const std::string& where);

/// Requires: is_gdb_address(where). PORT alone is one of the loopback interface. `interrupt` is called
/// from a signal handler when a client sends something while the guest runs. One of these in a process. `stop_waiting`
/// is asked after a signal: true makes waits for a client end without one. With stdio, descriptors 0 and 1 are the
/// client's from now on: the guest reads /dev/null and writes to standard error.
[[nodiscard]] Expected<std::unique_ptr<gdb::Connections>, Error> listen_for_gdb(const std::string& where,
                                                                                std::function<void()> interrupt,
                                                                                std::function<bool()> stop_waiting);

}  // namespace lpaemu::emu
