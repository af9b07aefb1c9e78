// A file's bytes, mapped and never written. Private to this folder.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "lpaemu/emu/error.h"

namespace lpaemu::emu {

class MappedFile {
 public:
  /// Maps a regular file; reads what cannot be mapped, such as a pipe. Errors name the path.
  [[nodiscard]] static Expected<std::unique_ptr<MappedFile>, Error> open(const std::string& path);
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

 private:
  MappedFile() = default;

  std::span<const std::byte> bytes_;
  std::vector<std::byte> read_;  // holds the bytes if they are not mapped
};

}  // namespace lpaemu::emu
