// What is said when a signal has killed the guest: what it did, where, and what the MMU and Linux made of it.
#pragma once

#include <string>

#include "lpaemu/emu/machine/code_reader.h"
#include "lpaemu/kernel_model/kernel.h"

namespace lpaemu::emu {

/// The first line is `lpaemu: guest killed by SIGSEGV (SEGV_MAPERR) at 0x... pc 0x... (symbol)`; indented details
/// follow.
[[nodiscard]] std::string death_report(const kernel::ExitReport& report, kernel::mm_struct& mm, CodeReader& code);

}  // namespace lpaemu::emu
