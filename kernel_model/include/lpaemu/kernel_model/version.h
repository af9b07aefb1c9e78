// What the kernel model says it is, for uname and /proc/version.
#pragma once

#include <string_view>

namespace lpaemu::kernel {

inline constexpr std::string_view kernel_release{"6.12.0-lpaemu"};
inline constexpr std::string_view kernel_version{"#1 SMP"};

}  // namespace lpaemu::kernel
