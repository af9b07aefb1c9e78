// Memory by physical address, past the MMU.
#pragma once

#include <cstddef>
#include <span>

#include "lpaemu/kernel_model/kernel.h"

namespace lpaemu::emu::gdb {

/// Both answer how many bytes there were before memory ended.
[[nodiscard]] std::size_t read_physical(mmu::PhysicalMemory& memory, mmu::PhysAddr pa, std::span<std::byte> to);
/// What is written may be code, or tables: nothing that was translated before is used any more.
[[nodiscard]] std::size_t write_physical(kernel::Kernel& kernel, mmu::PhysAddr pa, std::span<const std::byte> from);

}  // namespace lpaemu::emu::gdb
