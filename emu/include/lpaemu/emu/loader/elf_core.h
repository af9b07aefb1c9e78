// ELF core files of a physical memory dump: what kdump, `dump-guest-memory` and debug probes write.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "lpaemu/emu/error.h"
#include "lpaemu/mmu/address.h"

namespace lpaemu::emu {

/// Memory that a core file holds: a PT_LOAD segment's p_paddr, p_offset and p_filesz. What p_memsz has beyond was not
/// dumped.
struct CoreSegment {
  mmu::PhysAddr pa;
  std::uint64_t offset;
  std::uint64_t bytes;

  friend bool operator==(const CoreSegment&, const CoreSegment&) = default;
};

[[nodiscard]] bool is_elf(std::span<const std::byte> file);

/// The segments of an ET_CORE file, 32 or 64 bits, of either byte order. `name` goes into the error: no ELF core file,
/// of another machine, truncated, above the 40 bits of physical addresses, or a core dump of a process.
[[nodiscard]] Expected<std::vector<CoreSegment>, Error> read_elf_core(std::span<const std::byte> file,
                                                                      std::string_view name);

}  // namespace lpaemu::emu
