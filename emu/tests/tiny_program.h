// A machine that runs a few instructions, for tests that need a guest but no compiler for it.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "lpaemu/emu/machine/user.h"
#include "lpaemu/mmu/assert.h"

namespace lpaemu::emu::tests {

inline constexpr std::uint32_t tiny_load_address = 0x10000;
inline constexpr std::uint32_t tiny_entry = tiny_load_address + 0x54;  // behind the two headers

/// An ELF file with one segment, read and execute: the headers, then the code.
inline std::vector<std::uint32_t> tiny_program(std::span<const std::uint32_t> code) {
  const auto size = static_cast<std::uint32_t>(tiny_entry - tiny_load_address + code.size_bytes());
  std::vector<std::uint32_t> words{0x464c457f,
                                   0x00010101,
                                   0,
                                   0,
                                   0x00280002,
                                   1,
                                   tiny_entry,
                                   0x34,
                                   0,
                                   0x05000000,
                                   0x00200034,
                                   0x00000001,
                                   0,  // ELF header
                                   1,
                                   0,
                                   tiny_load_address,
                                   tiny_load_address,
                                   size,
                                   size,
                                   5,
                                   0x1000};
  words.insert(words.end(), code.begin(), code.end());
  return words;
}

/// A machine with that program loaded as /prog, and 4 MiB of memory.
inline std::unique_ptr<UserMachine> tiny_machine(kernel::Host& host, std::span<const std::uint32_t> code,
                                                 bool debugged = false) {
  auto created = UserMachine::create({.ram_bytes = 4U << 20, .debugged = debugged}, host);
  LPAEMU_ASSERT(created.has_value(), "no machine: {}", created.error().message);
  std::unique_ptr<UserMachine> machine = std::move(*created);
  kernel::Kernel& kernel = machine->kernel();
  const auto file =
      kernel.vfs().open(kernel.boot_task(), kernel.vfs().root(), "/prog", kernel::O_CREAT | kernel::O_RDWR, 0755);
  LPAEMU_ASSERT(file.has_value(), "/prog cannot be made");
  const auto program = tiny_program(code);
  const auto written = (*file)->write(std::as_bytes(std::span{program}), 0);
  LPAEMU_ASSERT(written == program.size() * sizeof(std::uint32_t), "/prog cannot be written");
  const auto loaded = machine->load("/prog", {"prog"}, {}, "/");
  LPAEMU_ASSERT(loaded.has_value(), "/prog cannot be loaded: {}", loaded.error().message);
  return machine;
}

}  // namespace lpaemu::emu::tests
