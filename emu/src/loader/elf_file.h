// An ELF file in memory as libelf sees it. Private to this folder.
#pragma once

#include <libelf.h>

#include <cstddef>
#include <memory>
#include <span>

namespace lpaemu::emu {

struct ElfCloser {
  void operator()(Elf* elf) const { elf_end(elf); }
};
using ElfHandle = std::unique_ptr<Elf, ElfCloser>;

/// Null if libelf sees no ELF file. `bytes` must outlive the handle.
inline ElfHandle open_elf(std::span<const std::byte> bytes) {
  elf_version(EV_CURRENT);
  // libelf takes a pointer to mutable bytes for its writing modes only; a file opened like this is read.
  auto* image = const_cast<char*>(reinterpret_cast<const char*>(bytes.data()));
  return ElfHandle{elf_memory(image, bytes.size())};
}

}  // namespace lpaemu::emu
