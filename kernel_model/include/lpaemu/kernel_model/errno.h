// Linux error numbers as a type of their own. A system call answers one as a value; nothing throws.
#pragma once

#include <cstdint>
#include <string_view>

#include "lpaemu/mmu/expected.h"

namespace lpaemu::kernel {

/// The rows of errno.inc, and one number that user space never sees.
enum class Errno : std::uint16_t {
#define E(enumerator, NAME, number, text) enumerator = (number),
#include "lpaemu/kernel_model/errno.inc"
#undef E
  /// The call was cut short while nothing was done; it is to be made again as it was. [linux include/linux/errno.h]
  erestartsys = 512,
};

/// "ENOMEM"
[[nodiscard]] std::string_view errno_name(Errno error);
/// "Cannot allocate memory"
[[nodiscard]] std::string_view errno_text(Errno error);

/// A value, or the error that the guest sees.
template <class T>
using Result = Expected<T, Errno>;

}  // namespace lpaemu::kernel
