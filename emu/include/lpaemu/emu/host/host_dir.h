// Directories and files of the host, opened by name once; from there on everything goes by descriptor.
#pragma once

#include <memory>
#include <string>

#include "lpaemu/emu/error.h"
#include "lpaemu/kernel_model/host.h"

namespace lpaemu::emu {

/// A directory that --root or --bind names. Links in `path` itself are followed, those below it never are.
[[nodiscard]] Expected<std::unique_ptr<kernel::HostDir>, Error> open_host_dir(const std::string& path);

/// A regular file that --bind or PROGRAM names; `how` is read_only or read_write.
[[nodiscard]] Expected<std::unique_ptr<kernel::HostFile>, Error> open_host_file(const std::string& path,
                                                                                kernel::HostOpen how);

}  // namespace lpaemu::emu
