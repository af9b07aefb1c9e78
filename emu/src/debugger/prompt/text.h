// Pieces of text that several commands share.
#pragma once

#include <string>

#include "lpaemu/emu/debugger/debugger.h"

namespace lpaemu::emu::commands {

/// "read (3)"
[[nodiscard]] std::string syscall_name(std::uint32_t number);
/// "0x10000-0x12000 rw-p [heap]", or what is there instead.
[[nodiscard]] std::string describe_vma(kernel::mm_struct& mm, VirtAddr va);
/// "none", or the one line of mmu::describe.
[[nodiscard]] std::string describe_pte(mmu::Pte pte);
/// "raised", "decided: soft-dirty", "pte-written 0x... -> 0x...: AP2 1->0", ...
[[nodiscard]] std::string describe_phase(Debugger& debugger, const kernel::Event& event);

}  // namespace lpaemu::emu::commands
