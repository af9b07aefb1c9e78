#include "lpaemu/emu/loader/elf_core.h"

#include <fmt/format.h>
#include <gelf.h>

#include <algorithm>
#include <cstring>

#include "elf_file.h"

namespace lpaemu::emu {
namespace {

constexpr std::uint64_t end_of_memory = mmu::PhysAddr::mask + 1;

template <class... Args>
Unexpected<Error> failure(std::string_view name, fmt::format_string<Args...> format, Args&&... args) {
  return unexpected(Error{fmt::format("{}: {}", name, fmt::format(format, std::forward<Args>(args)...))});
}

/// A core of the kernel may be of an AArch64 machine that runs it in AArch32 state.
Expected<void, Error> check_header(const GElf_Ehdr& header, std::string_view name) {
  if (header.e_type != ET_CORE)
    return failure(name, "ELF type {}, not a core file (ET_CORE); for a raw image give its address: {}@0x80000000",
                   header.e_type, name);
  if (header.e_machine != EM_ARM && header.e_machine != EM_AARCH64)
    return failure(name, "a core file of ELF machine {}, not of ARM ({})", header.e_machine, EM_ARM);
  return {};
}

/// How many there are; libelf passes over those that a truncated file lacks.
Expected<std::size_t, Error> program_headers(Elf* elf, const GElf_Ehdr& header, std::string_view name) {
  std::size_t count = 0;
  if (header.e_phnum == 0) return count;
  if (elf_getphdrnum(elf, &count) != 0)
    return failure(name, "libelf cannot count the program headers: {}", elf_errmsg(-1));
  if (header.e_phnum != PN_XNUM && count != header.e_phnum)
    return failure(name, "truncated: it has {} of its {} program headers", count, header.e_phnum);
  return count;
}

Expected<void, Error> check_segment(const GElf_Phdr& ph, std::size_t index, std::size_t file_bytes,
                                    std::string_view name) {
  if (ph.p_offset > file_bytes || ph.p_filesz > file_bytes - ph.p_offset)
    return failure(name, "truncated: program header {} wants {:#x} bytes at offset {:#x} of a file of {:#x} bytes",
                   index, ph.p_filesz, ph.p_offset, file_bytes);
  if (ph.p_paddr >= end_of_memory || ph.p_filesz > end_of_memory - ph.p_paddr)
    return failure(name, "program header {}: {:#x} bytes at {:#x} end above the 40 bits of physical addresses", index,
                   ph.p_filesz, ph.p_paddr);
  return {};
}

}  // namespace

bool is_elf(std::span<const std::byte> file) {
  return file.size() >= SELFMAG && std::memcmp(file.data(), ELFMAG, SELFMAG) == 0;
}

Expected<std::vector<CoreSegment>, Error> read_elf_core(std::span<const std::byte> file, std::string_view name) {
  if (!is_elf(file))
    return failure(name, "not an ELF core file; for a raw image give its address: {}@0x80000000", name);
  const ElfHandle elf = open_elf(file);
  GElf_Ehdr header;
  if (!elf || gelf_getehdr(elf.get(), &header) == nullptr)
    return failure(name, "libelf cannot read the ELF header: {}", elf_errmsg(-1));
  LPAEMU_TRY_VOID(check_header(header, name));
  LPAEMU_TRY(count, program_headers(elf.get(), header, name));

  std::vector<CoreSegment> segments;
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr ph;
    if (gelf_getphdr(elf.get(), static_cast<int>(i), &ph) == nullptr)
      return failure(name, "libelf cannot read program header {}: {}", i, elf_errmsg(-1));
    if (ph.p_type != PT_LOAD || ph.p_filesz == 0) continue;
    LPAEMU_TRY_VOID(check_segment(ph, i, file.size(), name));
    segments.push_back({mmu::PhysAddr{ph.p_paddr}, ph.p_offset, ph.p_filesz});
  }
  if (segments.empty()) return failure(name, "a core file without memory: no PT_LOAD segment has bytes");
  if (segments.size() > 1 && std::ranges::all_of(segments, [](const CoreSegment& s) { return s.pa.raw() == 0; }))
    return failure(name, "a core dump of a process, not of physical memory: no segment has a physical address");
  return segments;
}

}  // namespace lpaemu::emu
