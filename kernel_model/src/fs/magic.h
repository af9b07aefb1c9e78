// The magic numbers of the file systems, which statfs reports. [linux include/uapi/linux/magic.h]
#pragma once

#include <cstdint>

namespace lpaemu::kernel {

inline constexpr std::uint32_t TMPFS_MAGIC = 0x01021994;
inline constexpr std::uint32_t PROC_SUPER_MAGIC = 0x9fa0;
inline constexpr std::uint32_t HOSTFS_SUPER_MAGIC = 0x00c0ffee;

}  // namespace lpaemu::kernel
