// The host's errno as the guest's: by name, since numbers differ between architectures.
#pragma once

#include <string>

#include "lpaemu/kernel_model/errno.h"

namespace lpaemu::emu {

/// EIO for what ARM Linux has no name for here.
[[nodiscard]] kernel::Errno guest_errno(int host_errno);
/// The errno of the call that has just failed, as a result to return.
[[nodiscard]] Unexpected<kernel::Errno> last_error();
/// "no such file or directory"
[[nodiscard]] std::string errno_text(int host_errno);

}  // namespace lpaemu::emu
