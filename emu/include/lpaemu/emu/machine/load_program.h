// From a path in the guest's file system to what exec needs, with errors in words.
#pragma once

#include <string>

#include "lpaemu/emu/error.h"
#include "lpaemu/emu/loader/symbols.h"
#include "lpaemu/kernel_model/kernel.h"

namespace lpaemu::emu {

struct LoadedProgram {
  kernel::Program program;
  Symbols::Source read_file;  // the whole file again, for symbols
};

/// Opens and checks `path`: a static ELF program for ARM that the guest may execute.
[[nodiscard]] Expected<LoadedProgram, Error> load_program(kernel::Kernel& kernel, const std::string& path);

/// Why Kernel::start refused the program.
[[nodiscard]] Error start_error(const std::string& path, kernel::Errno error);

}  // namespace lpaemu::emu
