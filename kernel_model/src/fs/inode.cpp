// What an inode answers for operations that its file system lacks. [linux fs/libfs.c, bad_inode.c, namei.c]
#include "lpaemu/kernel_model/fs/file.h"

namespace lpaemu::kernel {

namespace {

/// A directory of a file system that takes no changes, or no directory at all.
Errno no_change(Inode& inode) { return inode.type() == FileType::directory ? Errno::erofs : Errno::enotdir; }

}  // namespace

Result<std::shared_ptr<Inode>> Inode::lookup(std::string_view) {
  return unexpected(type() == FileType::directory ? Errno::enoent : Errno::enotdir);
}

Result<std::vector<DirEntry>> Inode::readdir() { return unexpected(Errno::enotdir); }

Result<std::string> Inode::readlink() { return unexpected(Errno::einval); }

Result<LinkTarget> Inode::get_link(task_struct&) {
  LPAEMU_TRY(text, readlink());
  return LinkTarget{std::move(text), std::nullopt};
}

Result<std::shared_ptr<Inode>> Inode::create(std::string_view, std::uint32_t) { return unexpected(no_change(*this)); }

Result<std::shared_ptr<Inode>> Inode::mkdir(std::string_view, std::uint32_t) { return unexpected(no_change(*this)); }

Result<void> Inode::symlink(std::string_view, std::string_view) { return unexpected(no_change(*this)); }

Result<std::shared_ptr<Inode>> Inode::tmpfile(std::uint32_t) { return unexpected(Errno::enotsup); }

Result<void> Inode::link(std::string_view, Inode&) { return unexpected(no_change(*this)); }

Result<void> Inode::unlink(std::string_view) { return unexpected(no_change(*this)); }

Result<void> Inode::rmdir(std::string_view) { return unexpected(no_change(*this)); }

Result<void> Inode::rename(std::string_view, Inode&, std::string_view) { return unexpected(no_change(*this)); }

Result<void> Inode::truncate(std::uint64_t) {
  switch (type()) {
    case FileType::directory: return unexpected(Errno::eisdir);
    case FileType::regular: return unexpected(Errno::erofs);
    default: return unexpected(Errno::einval);
  }
}

Result<void> Inode::chmod(std::uint32_t) { return unexpected(Errno::erofs); }

Result<void> Inode::chown(std::uint32_t, std::uint32_t) { return unexpected(Errno::erofs); }

Result<void> Inode::set_times(std::int64_t, std::int64_t) { return unexpected(Errno::erofs); }

}  // namespace lpaemu::kernel
