// A whole file of the host, for what lpaemu itself reads: images, memory dumps, device trees.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "lpaemu/emu/error.h"

namespace lpaemu::emu {

inline constexpr std::uint64_t largest_file = std::uint64_t{1} << 32;
inline constexpr std::uint64_t largest_stream = std::uint64_t{1} << 28;  // of a pipe or device, which may have no end

/// Its bytes; a pipe is read to its end. Errors name the path and what is wrong with it: missing, a directory, no
/// permission, more than `limit` bytes, or than `largest_stream` of what is no regular file.
[[nodiscard]] Expected<std::vector<std::byte>, Error> read_file(const std::string& path,
                                                                std::uint64_t limit = largest_file);

}  // namespace lpaemu::emu
