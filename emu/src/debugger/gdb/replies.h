// Short replies that many packets share.
#pragma once

namespace lpaemu::emu::gdb {

inline constexpr const char* ok = "OK";
inline constexpr const char* bad_request = "E22";  // EINVAL
inline constexpr const char* bad_memory = "E14";   // EFAULT
inline constexpr const char* no_process = "E03";   // ESRCH

}  // namespace lpaemu::emu::gdb
