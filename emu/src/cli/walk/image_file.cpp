#include "image_file.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "lpaemu/emu/cli/hex.h"

namespace lpaemu::emu {

Expected<ImageFile, Error> parse_image_file(const std::string& text) {
  const auto at = text.rfind('@');
  if (at == std::string::npos) return ImageFile{text, std::nullopt};
  const auto pa = parse_hex(std::string_view{text}.substr(at + 1), mmu::physical_address_bits);
  if (pa && at > 0) return ImageFile{text.substr(0, at), mmu::PhysAddr{*pa}};
  struct stat stat{};
  if (::stat(text.c_str(), &stat) == 0) return ImageFile{text, std::nullopt};
  return unexpected(
      Error{fmt::format("'{}' is not of the form FILE@PA with a hexadecimal PA of at most 40 bits", text)});
}

}  // namespace lpaemu::emu
