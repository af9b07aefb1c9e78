// Files of the host behind descriptors.
#pragma once

#include <sys/stat.h>

#include <memory>

#include "lpaemu/emu/host/unique_fd.h"
#include "lpaemu/kernel_model/host.h"

namespace lpaemu::emu {

[[nodiscard]] kernel::HostStat to_host_stat(const struct stat& stat);
[[nodiscard]] kernel::FileType to_file_type(mode_t mode);

/// Takes an open regular file; EACCES for anything else, which must not be read: it could wait, or be a device.
[[nodiscard]] kernel::Result<std::unique_ptr<kernel::HostFile>> make_host_file(UniqueFd fd);

}  // namespace lpaemu::emu
