// What an open file answers where its file system has nothing of its own. [linux fs/read_write.c]
#include "lpaemu/kernel_model/fs/file.h"

#include <limits>

namespace lpaemu::kernel {

namespace {

constexpr auto max_offset = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());  // MAX_LFS_FILESIZE

}  // namespace

std::string File::shown_path() {
  // A name that is gone is told by the link count: there is no dentry here that could be unhashed.
  return inode().stat().nlink == 0 ? path + " (deleted)" : path;
}

Result<std::size_t> File::read(std::span<std::byte>, std::uint64_t) {
  return unexpected(inode().type() == FileType::directory ? Errno::eisdir : Errno::einval);
}

Result<std::size_t> File::write(std::span<const std::byte>, std::uint64_t) { return unexpected(Errno::einval); }

Result<void> File::check_read(std::size_t, std::uint64_t) { return {}; }

// [linux fs/read_write.c:generic_file_llseek_size]
Result<std::uint64_t> File::llseek(std::int64_t offset, Whence whence) {
  if (!seekable()) return unexpected(Errno::espipe);
  std::uint64_t from = 0;
  switch (whence) {
    case Whence::set: break;
    case Whence::current: from = pos; break;
    case Whence::end:
      if (!has_end()) return unexpected(Errno::einval);
      from = inode().stat().size;
      break;
    case Whence::data:
    case Whence::hole: {
      // Pretend: the whole file is data and the only hole is behind its end, which a file system may say of any file.
      if (!has_end()) return unexpected(Errno::einval);
      const std::uint64_t size = inode().stat().size;
      if (offset < 0 || static_cast<std::uint64_t>(offset) >= size) return unexpected(Errno::enxio);
      from = whence == Whence::hole ? size - static_cast<std::uint64_t>(offset) : 0;
      break;
    }
    default: return unexpected(Errno::einval);
  }
  const std::uint64_t to = from + static_cast<std::uint64_t>(offset);
  const bool below_zero = offset < 0 && static_cast<std::uint64_t>(-(offset + 1)) >= from;
  if (below_zero || to > max_offset) return unexpected(Errno::einval);
  return pos = to;
}

Result<std::shared_ptr<page_cache>> File::mmap() { return unexpected(Errno::enodev); }

Result<std::uint32_t> File::ioctl(task_struct&, std::uint32_t, VirtAddr) { return unexpected(Errno::enotty); }

}  // namespace lpaemu::kernel
