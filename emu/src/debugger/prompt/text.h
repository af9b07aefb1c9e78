// Pieces of text that several commands share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lpaemu/emu/debugger/debugger.h"
#include "lpaemu/emu/debugger/other_registers.h"

namespace lpaemu::emu::commands {

/// The registers of the innermost function.
[[nodiscard]] FrameRegisters innermost_frame(Debugger& debugger);
/// "0x0000000d", "0x3f800000 (1)": those of VFP as numbers as well.
[[nodiscard]] std::string describe_register(std::string_view name, const OtherRegister& reg);
/// "read (3)"
[[nodiscard]] std::string syscall_name(std::uint32_t number);
/// "0x10000-0x12000 rw-p [heap]", or what is there instead.
[[nodiscard]] std::string describe_vma(kernel::mm_struct& mm, VirtAddr va);
/// Whether the text can only name a mapping, as maps calls it: "[heap]", a path.
[[nodiscard]] bool is_mapping_name(std::string_view text);
/// The mappings of that name. An error says that there are none.
[[nodiscard]] Expected<std::vector<kernel::VirtRange>, Error> mappings_called(std::string_view name,
                                                                              kernel::mm_struct& mm);
/// The whole pages of ADDR, ADDR,LEN or SYMBOL, below TASK_SIZE.
[[nodiscard]] Expected<kernel::VirtRange, Error> evaluate_pages(std::string_view text, Debugger& debugger);
/// The same, or the mappings of a name.
[[nodiscard]] Expected<std::vector<kernel::VirtRange>, Error> evaluate_region(std::string_view text,
                                                                              Debugger& debugger);
/// "0x10000-0x12000, 2 pages"
[[nodiscard]] std::string describe_pages(kernel::VirtRange pages);
/// "none", or the one line of mmu::describe.
[[nodiscard]] std::string describe_pte(mmu::Pte pte);
/// "raised", "decided: soft-dirty", "pte-written 0x... -> 0x...: AP2 1->0", ...
[[nodiscard]] std::string describe_phase(Debugger& debugger, const kernel::Event& event);

}  // namespace lpaemu::emu::commands
