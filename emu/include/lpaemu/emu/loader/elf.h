// An ELF program, validated and described; nothing is loaded here: exec in the kernel model maps what this describes.
// [gabi 4, 5] [aaelf32] [linux fs/binfmt_elf.c]
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lpaemu/emu/error.h"
#include "lpaemu/mmu/address.h"

namespace lpaemu::emu {

using mmu::VirtAddr;

enum class ElfType : std::uint8_t {
  executable,            // ET_EXEC: addresses are final
  position_independent,  // ET_DYN: addresses are relative to a load bias that exec chooses
};

/// A PT_LOAD segment. Requires, and read_elf ensures: bytes [offset, offset + filesz) are in the file, filesz <= memsz,
/// memsz > 0, the end does not wrap; vaddr and offset agree in their low 12 bits.
struct ElfSegment {
  VirtAddr vaddr;
  std::uint32_t offset = 0;
  std::uint32_t filesz = 0;
  std::uint32_t memsz = 0;  // what is beyond filesz is BSS: zeros
  bool readable = false;
  bool writable = false;
  bool executable = false;

  friend constexpr bool operator==(const ElfSegment&, const ElfSegment&) = default;
};

/// PT_TLS: the initial image of the thread-local variables. The C library reads it from the program headers.
struct ElfTls {
  VirtAddr vaddr;
  std::uint32_t filesz = 0;
  std::uint32_t memsz = 0;
  std::uint32_t align = 0;

  friend constexpr bool operator==(const ElfTls&, const ElfTls&) = default;
};

/// PT_GNU_STACK. Without one Linux makes the stack (and on ARM all readable memory) executable.
enum class ElfStack : std::uint8_t { unspecified, not_executable, executable };

struct ElfImage {
  ElfType type = ElfType::executable;
  VirtAddr entry;                    // bit 0 set: Thumb
  std::vector<ElfSegment> segments;  // ascending, not overlapping, at least one
  /// PT_INTERP: the dynamic linker that has to be loaded with the program.
  std::optional<std::string> interpreter;
  std::optional<ElfTls> tls;
  ElfStack stack = ElfStack::unspecified;
  /// AT_PHDR, AT_PHNUM, AT_PHENT: where the program finds its own headers; nothing if no segment holds them.
  std::optional<VirtAddr> phdr;
  std::uint16_t phnum = 0;
  std::uint16_t phentsize = 0;
  /// The largest alignment that a segment asks for; a load bias is a multiple of it. At least 4096.
  std::uint32_t alignment = mmu::PAGE_SIZE;
};

/// Reads the headers of a 32-bit little-endian ARM EABI program. `name` begins the message of an error.
/// A dynamically linked program is described as well, with its interpreter.
[[nodiscard]] Expected<ElfImage, Error> read_elf(std::span<const std::byte> file, std::string_view name);

/// An error that names the interpreter if the program has one.
[[nodiscard]] Expected<void, Error> require_static(const ElfImage& image, std::string_view name);

}  // namespace lpaemu::emu
