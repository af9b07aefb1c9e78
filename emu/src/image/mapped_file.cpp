#include "mapped_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "lpaemu/emu/host/read_file.h"
#include "lpaemu/emu/host/unique_fd.h"

namespace lpaemu::emu {

Expected<std::unique_ptr<MappedFile>, Error> MappedFile::open(const std::string& path) {
  const auto failure = [&path](int error) {
    return unexpected(Error{fmt::format("cannot read '{}': {}", path, std::generic_category().message(error))});
  };
  std::unique_ptr<MappedFile> file{new MappedFile};
  const UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!fd.valid()) return failure(errno);
  struct stat stat{};
  if (::fstat(fd.get(), &stat) != 0) return failure(errno);
  if (S_ISREG(stat.st_mode) && stat.st_size > 0) {
    const auto size = static_cast<std::size_t>(stat.st_size);
    void* const mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
    if (mapped == MAP_FAILED) return failure(errno);
    file->bytes_ = {static_cast<const std::byte*>(mapped), size};
    return file;
  }
  LPAEMU_TRY(bytes, read_file(path));
  if (bytes.empty()) return unexpected(Error{fmt::format("'{}' is empty: no memory in it", path)});
  file->read_ = std::move(bytes);
  file->bytes_ = file->read_;
  return file;
}

MappedFile::~MappedFile() {
  if (read_.empty() && !bytes_.empty())
    ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());  // munmap takes what mmap gave
}

}  // namespace lpaemu::emu
