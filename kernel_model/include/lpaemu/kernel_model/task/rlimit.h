// Resource limits by number. [linux include/uapi/asm-generic/resource.h]
#pragma once

#include <cstddef>
#include <cstdint>

namespace lpaemu::kernel {

inline constexpr std::size_t RLIMIT_STACK = 3, RLIMIT_CORE = 4, RLIMIT_NPROC = 6, RLIMIT_NOFILE = 7, RLIMIT_MEMLOCK = 8;
inline constexpr std::size_t RLIMIT_SIGPENDING = 11, RLIMIT_MSGQUEUE = 12, RLIMIT_NICE = 13, RLIMIT_RTPRIO = 14;
inline constexpr std::size_t RLIM_NLIMITS = 16;
inline constexpr std::uint64_t RLIM_INFINITY = ~std::uint64_t{0};

}  // namespace lpaemu::kernel
