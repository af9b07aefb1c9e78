// The kernel's access to user memory: page by page through the tables at PL1; a fault goes the way of a user's fault,
// with origin kernel, then the access is tried again. [linux arch/arm/lib/getuser.S, uaccess.h] [linux-lpae-pte P-54]
#pragma once

#include <bit>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>

#include "lpaemu/kernel_model/errno.h"
#include "lpaemu/kernel_model/mm/mm_struct.h"

namespace lpaemu::kernel {

/// Whether the range lies in the user's half. [linux arch/arm/include/asm/uaccess.h:access_ok]
[[nodiscard]] constexpr bool access_ok(VirtAddr va, std::size_t bytes) {
  return va <= TASK_SIZE && bytes <= TASK_SIZE - va;
}

/// How many bytes were NOT copied, as in Linux: 0 is success.
[[nodiscard]] std::size_t copy_from_user(mm_struct& mm, std::span<std::byte> to, VirtAddr from);
[[nodiscard]] std::size_t copy_to_user(mm_struct& mm, VirtAddr to, std::span<const std::byte> from);
[[nodiscard]] std::size_t clear_user(mm_struct& mm, VirtAddr to, std::size_t bytes);

/// A NUL-terminated string of at most `limit` bytes with its NUL: EFAULT, ENAMETOOLONG.
[[nodiscard]] Result<std::string> strncpy_from_user(mm_struct& mm, VirtAddr from, std::size_t limit);

/// Whole objects of guest layout (little-endian, like the host): EFAULT.
template <class T>
  requires std::is_trivially_copyable_v<T>
[[nodiscard]] Result<T> get_user(mm_struct& mm, VirtAddr from) {
  T value;
  if (copy_from_user(mm, std::as_writable_bytes(std::span{&value, 1}), from) != 0) return unexpected(Errno::efault);
  return value;
}

template <class T>
  requires std::is_trivially_copyable_v<T>
[[nodiscard]] Result<void> put_user(mm_struct& mm, VirtAddr to, const T& value) {
  if (copy_to_user(mm, to, std::as_bytes(std::span{&value, 1})) != 0) return unexpected(Errno::efault);
  return {};
}

}  // namespace lpaemu::kernel
