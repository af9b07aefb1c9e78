// Guest memory as a debugger reads and writes it: a read changes no table, a write is what ptrace would make.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "lpaemu/kernel_model/mm/mm_struct.h"

namespace lpaemu::emu {

/// Reads as far as something is mapped; answers how many bytes. Takes no fault: a page that was never touched shows
/// what a load would find there. No PTE changes.
[[nodiscard]] std::size_t peek(kernel::mm_struct& mm, kernel::VirtAddr va, std::span<std::byte> to);
/// Exactly `size` bytes, or nothing.
[[nodiscard]] std::optional<std::vector<std::byte>> peek(kernel::mm_struct& mm, kernel::VirtAddr va, std::size_t size);
[[nodiscard]] std::optional<std::uint32_t> peek_word(kernel::mm_struct& mm, kernel::VirtAddr va);

/// Writes; answers how many bytes. A page is first made writable as by a store: it becomes dirty and soft-dirty.
/// Pretend: a mapping without VM_WRITE is refused, where Linux makes a private copy. [linux mm/gup.c: FOLL_FORCE]
[[nodiscard]] std::size_t poke(kernel::mm_struct& mm, kernel::VirtAddr va, std::span<const std::byte> from);

}  // namespace lpaemu::emu
