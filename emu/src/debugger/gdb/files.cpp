#include <fmt/format.h>

#include <algorithm>

#include "lpaemu/emu/debugger/gdb_files.h"
#include "lpaemu/emu/debugger/gdb_packets.h"

namespace lpaemu::emu::gdb {
namespace {

using kernel::Errno;
using kernel::FileType;

constexpr std::size_t most_files = 256;

/// The protocol's numbers are Linux's up to EROFS; of the others it has few. [gdb doc, Errno Values]
std::string failed(Errno error) {
  constexpr unsigned last_common = 30, enosys = 88, enametoolong = 91, eunknown = 9999;
  const auto number = static_cast<unsigned>(error);
  if (number <= last_common) return fmt::format("F-1,{:x}", number);
  if (error == Errno::enosys) return fmt::format("F-1,{:x}", enosys);
  return fmt::format("F-1,{:x}", error == Errno::enametoolong ? enametoolong : eunknown);
}

std::string with_data(std::span<const std::byte> bytes) { return fmt::format("F{:x};", bytes.size()) + escape(bytes); }

std::string path_of(std::string_view hex) {
  const auto bytes = from_hex(hex);
  return bytes ? std::string{reinterpret_cast<const char*>(bytes->data()), bytes->size()} : std::string{};
}

std::uint32_t type_bits(FileType type) {
  switch (type) {
    case FileType::regular: return 0100000;
    case FileType::directory: return 0040000;
    case FileType::symlink: return 0120000;
    case FileType::character_device: return 0020000;
    case FileType::block_device: return 0060000;
    case FileType::fifo: return 0010000;
    case FileType::socket: return 0140000;
  }
  return 0;
}

/// struct stat of the protocol: big-endian. [gdb doc, struct stat]
std::string with_stat(const kernel::Stat& stat) {
  constexpr std::uint64_t ns_per_second = 1'000'000'000, bytes_per_block = 512;
  std::vector<std::byte> bytes;
  const auto put = [&](std::uint64_t value, unsigned size) {
    for (unsigned shift = size * 8; shift != 0; shift -= 8)
      bytes.push_back(static_cast<std::byte>(value >> (shift - 8) & 0xff));
  };
  for (const std::uint64_t word :
       {stat.dev, stat.ino, std::uint64_t{stat.mode | type_bits(stat.type)}, std::uint64_t{stat.nlink},
        std::uint64_t{stat.uid}, std::uint64_t{stat.gid}, stat.rdev})
    put(word, 4);
  put(stat.size, 8);
  put(stat.blksize, 8);
  put((stat.size + bytes_per_block - 1) / bytes_per_block, 8);
  for (const std::int64_t time : {stat.atime_ns, stat.mtime_ns, stat.ctime_ns})
    put(static_cast<std::uint64_t>(time) / ns_per_second, 4);
  return with_data(bytes);
}

}  // namespace

std::string GuestFiles::act(kernel::Kernel& kernel, std::string_view request) {
  Fields fields{request};
  const std::string_view verb = fields.until(':');
  kernel::task_struct& task = kernel.current();
  if (verb == "setfs") return "F0";  // one file tree for all
  if (verb == "open") return open(kernel, fields.rest());
  if (verb == "pread") return pread(fields.rest());
  if (verb == "fstat") return fstat(fields.rest());
  if (verb == "close") return files_.erase(fields.number().value_or(0)) == 1 ? "F0" : failed(Errno::ebadf);
  if (verb == "stat" || verb == "lstat") {
    const auto found = kernel.vfs().lookup(task, task.cwd, path_of(fields.rest()),
                                           verb == "stat" ? kernel::Follow::yes : kernel::Follow::no);
    return found ? with_stat(found->inode->stat()) : failed(found.error());
  }
  if (verb == "readlink") {
    const auto text = kernel.vfs().readlink(task, task.cwd, path_of(fields.rest()));
    return text ? with_data(std::as_bytes(std::span{*text})) : failed(text.error());
  }
  if (verb == "pwrite" || verb == "unlink") return failed(Errno::erofs);
  return {};
}

std::string GuestFiles::open(kernel::Kernel& kernel, std::string_view arguments) {
  constexpr std::uint64_t access_mode = 3, create = 0x200, truncate = 0x400;  // [gdb doc, Open Flags]
  Fields fields{arguments};
  const std::string path = path_of(fields.until(','));
  const auto flags = fields.number();
  if (!flags) return failed(Errno::einval);
  if ((*flags & (access_mode | create | truncate)) != 0) return failed(Errno::erofs);
  if (files_.size() >= most_files) return failed(Errno::emfile);
  kernel::task_struct& task = kernel.current();
  auto file = kernel.vfs().open(task, task.cwd, path, kernel::O_RDONLY | kernel::O_NONBLOCK, 0);
  if (!file) return failed(file.error());
  if ((*file)->may_block()) return failed(Errno::eacces);
  files_[next_] = std::move(*file);
  return fmt::format("F{:x}", next_++);
}

kernel::File* GuestFiles::find(std::optional<std::uint64_t> number) {
  const auto found = number ? files_.find(*number) : files_.end();
  return found == files_.end() ? nullptr : found->second.get();
}

std::string GuestFiles::pread(std::string_view arguments) {
  constexpr std::uint64_t most = 0x7000;  // with escapes it still is no longer than a packet
  Fields fields{arguments};
  kernel::File* const file = find(fields.number());
  const auto count = fields.take(',') ? fields.number() : std::nullopt;
  const auto offset = fields.take(',') ? fields.number() : std::nullopt;
  if (file == nullptr) return failed(Errno::ebadf);
  if (!count || !offset) return failed(Errno::einval);
  std::vector<std::byte> bytes(std::min(*count, most));
  const auto got = file->read(bytes, *offset);
  if (!got) return failed(got.error());
  return with_data(std::span{bytes}.first(*got));
}

std::string GuestFiles::fstat(std::string_view arguments) {
  Fields fields{arguments};
  kernel::File* const file = find(fields.number());
  return file == nullptr ? failed(Errno::ebadf) : with_stat(file->inode().stat());
}

}  // namespace lpaemu::emu::gdb
