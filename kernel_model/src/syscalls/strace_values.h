// Numbers of the ABI as the names that strace shows. [linux include/uapi]
#pragma once

#include <cstdint>
#include <string>

namespace lpaemu::kernel::strace {

[[nodiscard]] std::string open_flags(std::uint32_t flags);
[[nodiscard]] std::string protection(std::uint32_t prot);
[[nodiscard]] std::string mapping_flags(std::uint32_t flags);
[[nodiscard]] std::string access_mode(std::uint32_t mode);
[[nodiscard]] std::string at_flags(std::uint32_t flags);
[[nodiscard]] std::string whence(std::uint32_t value);
[[nodiscard]] std::string clock(std::uint32_t value);
[[nodiscard]] std::string advice(std::uint32_t value);
[[nodiscard]] std::string fcntl_command(std::uint32_t value);
[[nodiscard]] std::string futex_operation(std::uint32_t value);

}  // namespace lpaemu::kernel::strace
