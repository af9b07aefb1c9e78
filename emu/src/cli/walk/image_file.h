// Memory images on the command line.
#pragma once

#include <string>

#include "lpaemu/emu/error.h"
#include "lpaemu/emu/memory_image.h"

namespace lpaemu::emu {

/// `FILE@PA` or `FILE`; PA is hexadecimal. What stands behind the last @ is an address, unless a file has the whole
/// name.
[[nodiscard]] Expected<ImageFile, Error> parse_image_file(const std::string& text);

}  // namespace lpaemu::emu
