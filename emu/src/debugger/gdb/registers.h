// The registers as a GDB numbers them, and the target description that says so.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lpaemu/emu/debugger/debugger.h"

namespace lpaemu::emu::gdb {

struct RegisterRow {
  std::string name;
  unsigned number = 0;  // the protocol's
  unsigned bytes = 4;
};

struct RegisterValue {
  std::uint64_t low = 0;
  std::uint64_t high = 0;  // of one of 16 bytes
};

/// Core, VFP, NEON's pairs of VFP registers, then CP15: in the order of their numbers, which is that of the g packet.
[[nodiscard]] std::vector<RegisterRow> register_rows(Debugger& debugger);
[[nodiscard]] std::string target_xml(Debugger& debugger);

/// All registers of this moment, in the order of the rows.
[[nodiscard]] std::vector<RegisterValue> register_values(Debugger& debugger);
/// Core, VFP and NEON registers are set; the others belong to the kernel: false.
[[nodiscard]] bool set_register(Debugger& debugger, unsigned number, RegisterValue value);

}  // namespace lpaemu::emu::gdb
