// read, write and their kin. [linux fs/read_write.c]
#include <algorithm>
#include <array>

#include "common.h"
#include "handlers.h"
#include "user_vector.h"

namespace lpaemu::kernel {
namespace {

/// Where a transfer happens: at the file's own position, which moves, or at a given one.
struct Position {
  File& file;
  std::optional<std::uint64_t> given;
  std::uint64_t done = 0;

  [[nodiscard]] std::uint64_t offset() const { return given.value_or(file.pos) + (given ? done : 0); }
  void advance(std::size_t bytes) {
    done += bytes;
    if (!given && file.seekable()) file.pos += bytes;
  }
};

/// pagemap is read in whole tables of 512 entries, and a bad address loses the count of those before.
/// [linux fs/proc/task_mmu.c:pagemap_read] [linux-soft-dirty S-23]
bool is_pagemap_like(const File& file) { return !file.has_end(); }

std::size_t next_chunk(const File& file, const UserVector& to, std::uint64_t offset) {
  std::size_t chunk = io_chunk;
  if (is_pagemap_like(file)) chunk = mmu::PAGE_SIZE - offset % mmu::PAGE_SIZE;
  return std::min(to.size(), chunk);
}

SyscallResult do_read(task_struct& task, File& file, UserVector to, std::optional<std::uint64_t> given) {
  if (!file.readable()) return unexpected(Errno::ebadf);
  Position position{file, given};
  const std::uint64_t start = file.pos;
  LPAEMU_TRY_VOID(file.check_read(to.size(), position.offset()));
  LPAEMU_TRY_VOID(wait_readable(*task.kernel, file));
  std::array<std::byte, io_chunk> buffer;
  do {
    const std::size_t chunk = next_chunk(file, to, position.offset());
    const auto got = file.read(std::span{buffer}.first(chunk), position.offset());
    if (!got && position.done == 0) return unexpected(got.error());
    if (!got) break;
    const std::size_t copied = to.copy_out(*task.mm, std::span{buffer}.first(*got));
    position.advance(copied);
    if (copied < *got && (position.done == 0 || is_pagemap_like(file))) {
      file.pos = start;
      return unexpected(Errno::efault);
    }
    // Short: the end of the file, a bad address, or all that a pipe or terminal had.
    if (copied < *got || *got < chunk || file.may_block()) break;
  } while (to.size() > 0 && !task.kernel->host().interrupted());
  return static_cast<std::uint32_t>(position.done);
}

/// One piece of a write; a stream that is full makes it wait.
Result<std::size_t> write_some(task_struct& task, File& file, std::span<const std::byte> data, std::uint64_t offset) {
  while (true) {
    LPAEMU_TRY_VOID(wait_writable(*task.kernel, file));
    auto put = file.write(data, offset);
    const bool full = !put && put.error() == Errno::eagain && (file.flags() & O_NONBLOCK) == 0;
    if (!full) return put;
  }
}

SyscallResult do_write(task_struct& task, File& file, UserVector from, std::optional<std::uint64_t> given) {
  if (!file.writable()) return unexpected(Errno::ebadf);
  if (file.discards_writes()) return static_cast<std::uint32_t>(from.size());
  Position position{file, given};
  std::array<std::byte, io_chunk> buffer;
  do {
    const std::size_t chunk = std::min(from.size(), io_chunk);
    const std::size_t copied = from.copy_in(*task.mm, std::span{buffer}.first(chunk));
    if (copied == 0 && chunk != 0) {
      if (position.done == 0) return unexpected(Errno::efault);
      break;
    }
    const auto put = write_some(task, file, std::span{buffer}.first(copied), position.offset());
    if (!put) {
      if (put.error() == Errno::epipe) task.kernel->raise({.signo = sigpipe, .code = si_user, .sender_pid = task.tgid});
      if (position.done == 0) return unexpected(put.error());
      break;
    }
    from.revert(copied - *put);
    position.advance(*put);
    // A stream takes what fits and is tried again; any other file has said what it wants.
    if (copied < chunk || (*put < copied && !file.may_block())) break;
  } while (from.size() > 0 && !task.kernel->host().interrupted());
  // What O_APPEND writes goes to the end, whatever the position was.
  if ((file.flags() & O_APPEND) != 0 && !given && position.done != 0 && file.seekable())
    file.pos = file.inode().stat().size;
  return static_cast<std::uint32_t>(position.done);
}

enum class Direction : std::uint8_t { read, write };

SyscallResult transfer(task_struct& task, Direction direction, const std::shared_ptr<File>& file, UserVector vector,
                       std::optional<std::uint64_t> given) {
  return direction == Direction::read ? do_read(task, *file, std::move(vector), given)
                                      : do_write(task, *file, std::move(vector), given);
}

/// read(fd, buf, count), write(fd, buf, count)
SyscallResult plain(task_struct& task, const SyscallArgs& args, Direction direction) {
  LPAEMU_TRY(file, fget(task, args[0]));
  const bool allowed = direction == Direction::read ? file->readable() : file->writable();
  if (!allowed) return unexpected(Errno::ebadf);
  LPAEMU_TRY(vector, UserVector::single(args.addr(1), args[2]));
  return transfer(task, direction, file, std::move(vector), std::nullopt);
}

SyscallResult vectored(task_struct& task, const SyscallArgs& args, Direction direction) {
  LPAEMU_TRY(file, fget(task, args[0]));
  LPAEMU_TRY(vector, UserVector::import(task, args.addr(1), args[2]));
  return transfer(task, direction, file, std::move(vector), std::nullopt);
}

/// What all calls with a position of their own refuse. [linux fs/read_write.c:ksys_pread64]
Result<std::shared_ptr<File>> positioned_file(task_struct& task, std::uint32_t fd, std::int64_t offset) {
  if (offset < 0) return unexpected(Errno::einval);
  LPAEMU_TRY(file, fget(task, fd));
  if (!file->seekable()) return unexpected(Errno::espipe);
  return file;
}

/// The offset is 64-bit in an even-odd pair: r3 stays unused. [linux arch/arm/kernel/entry-common.S, EABI]
SyscallResult positioned(task_struct& task, const SyscallArgs& args, Direction direction) {
  const std::int64_t offset = args.s64(4);
  LPAEMU_TRY(file, positioned_file(task, args[0], offset));
  const bool allowed = direction == Direction::read ? file->readable() : file->writable();
  if (!allowed) return unexpected(Errno::ebadf);
  LPAEMU_TRY(vector, UserVector::single(args.addr(1), args[2]));
  return transfer(task, direction, file, std::move(vector), static_cast<std::uint64_t>(offset));
}

/// Low and high word of the offset are arguments of their own, not a pair.
SyscallResult positioned_vectored(task_struct& task, const SyscallArgs& args, Direction direction) {
  const std::int64_t offset = args.s64(3);
  LPAEMU_TRY(file, positioned_file(task, args[0], offset));
  LPAEMU_TRY(vector, UserVector::import(task, args.addr(1), args[2]));
  return transfer(task, direction, file, std::move(vector), static_cast<std::uint64_t>(offset));
}

/// preadv2 and pwritev2: offset -1 means the file's own position. None of the RWF_* flags is supported.
SyscallResult flagged_vectored(task_struct& task, const SyscallArgs& args, Direction direction) {
  if (args[5] != 0) return unexpected(Errno::enotsup);
  return args.s64(3) == -1 ? vectored(task, args, direction) : positioned_vectored(task, args, direction);
}

/// Moves bytes from file to file inside the kernel.
SyscallResult copy_between(task_struct& task, Position in, Position out, std::uint32_t count) {
  std::array<std::byte, io_chunk> buffer;
  count = std::min(count, MAX_RW_COUNT);
  while (in.done < count) {
    const std::size_t chunk = std::min<std::size_t>(count - in.done, io_chunk);
    const auto got = in.file.read(std::span{buffer}.first(chunk), in.offset());
    if (!got && in.done == 0) return unexpected(got.error());
    if (!got || *got == 0) break;
    const auto put = write_some(task, out.file, std::span{buffer}.first(*got), out.offset());
    if (!put) {
      if (put.error() == Errno::epipe) task.kernel->raise({.signo = sigpipe, .code = si_user, .sender_pid = task.tgid});
      if (in.done == 0) return unexpected(put.error());
      break;
    }
    in.advance(*put);
    out.advance(*put);
    if ((*put < *got && !out.file.may_block()) || task.kernel->host().interrupted()) break;
  }
  return static_cast<std::uint32_t>(in.done);
}

/// sendfile(out, in, offset*, count). [linux fs/read_write.c:do_sendfile]
template <class Offset>
SyscallResult do_sendfile(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY(in, fget(task, args[1]));
  if (!in->readable()) return unexpected(Errno::ebadf);
  std::optional<std::uint64_t> offset;
  if (args[2] != 0) {
    LPAEMU_TRY(given, get_user<Offset>(*task.mm, args.addr(2)));
    if (!in->seekable()) return unexpected(Errno::espipe);
    if (given < 0) return unexpected(Errno::einval);
    offset = static_cast<std::uint64_t>(given);
  }
  LPAEMU_TRY(out, fget(task, args[0]));
  if (!out->writable()) return unexpected(Errno::ebadf);
  // Only files that can be spliced from: no terminal, no pipe.
  if (in->may_block()) return unexpected(Errno::einval);
  if ((out->flags() & O_APPEND) != 0) return unexpected(Errno::einval);
  LPAEMU_TRY(copied, copy_between(task, {*in, offset}, {*out, std::nullopt}, args[3]));
  if (offset) LPAEMU_TRY_VOID(put_user(*task.mm, args.addr(2), static_cast<Offset>(*offset + copied)));
  return copied;
}

Result<std::optional<std::uint64_t>> optional_offset(task_struct& task, VirtAddr pointer) {
  if (pointer.raw() == 0) return std::nullopt;
  LPAEMU_TRY(offset, get_user<std::int64_t>(*task.mm, pointer));
  if (offset < 0) return unexpected(Errno::einval);
  return static_cast<std::uint64_t>(offset);
}

}  // namespace

SyscallResult sys_read(task_struct& task, const SyscallArgs& args) { return plain(task, args, Direction::read); }
SyscallResult sys_write(task_struct& task, const SyscallArgs& args) { return plain(task, args, Direction::write); }
SyscallResult sys_readv(task_struct& task, const SyscallArgs& args) { return vectored(task, args, Direction::read); }
SyscallResult sys_writev(task_struct& task, const SyscallArgs& args) { return vectored(task, args, Direction::write); }
SyscallResult sys_pread64(task_struct& task, const SyscallArgs& args) {
  return positioned(task, args, Direction::read);
}
SyscallResult sys_pwrite64(task_struct& task, const SyscallArgs& args) {
  return positioned(task, args, Direction::write);
}
SyscallResult sys_preadv(task_struct& task, const SyscallArgs& args) {
  return positioned_vectored(task, args, Direction::read);
}
SyscallResult sys_pwritev(task_struct& task, const SyscallArgs& args) {
  return positioned_vectored(task, args, Direction::write);
}
SyscallResult sys_preadv2(task_struct& task, const SyscallArgs& args) {
  return flagged_vectored(task, args, Direction::read);
}
SyscallResult sys_pwritev2(task_struct& task, const SyscallArgs& args) {
  return flagged_vectored(task, args, Direction::write);
}

SyscallResult sys_sendfile(task_struct& task, const SyscallArgs& args) { return do_sendfile<std::int32_t>(task, args); }
SyscallResult sys_sendfile64(task_struct& task, const SyscallArgs& args) {
  return do_sendfile<std::int64_t>(task, args);
}

/// [linux fs/read_write.c:vfs_copy_file_range]
SyscallResult sys_copy_file_range(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY(in, fget(task, args[0]));
  LPAEMU_TRY(out, fget(task, args[2]));
  LPAEMU_TRY(in_offset, optional_offset(task, args.addr(1)));
  LPAEMU_TRY(out_offset, optional_offset(task, args.addr(3)));
  if (args[5] != 0) return unexpected(Errno::einval);
  for (const auto& file : {in, out}) {
    const FileType type = file->inode().type();
    if (type == FileType::directory) return unexpected(Errno::eisdir);
    if (type != FileType::regular) return unexpected(Errno::einval);
  }
  if (!in->readable() || !out->writable() || (out->flags() & O_APPEND) != 0) return unexpected(Errno::ebadf);
  const Position from{*in, in_offset}, to{*out, out_offset};
  const std::uint64_t gap = std::max(from.offset(), to.offset()) - std::min(from.offset(), to.offset());
  if (&in->inode() == &out->inode() && gap < args[4]) return unexpected(Errno::einval);
  LPAEMU_TRY(copied, copy_between(task, from, to, args[4]));
  if (in_offset) LPAEMU_TRY_VOID(put_user(*task.mm, args.addr(1), *in_offset + copied));
  if (out_offset) LPAEMU_TRY_VOID(put_user(*task.mm, args.addr(3), *out_offset + copied));
  return copied;
}

}  // namespace lpaemu::kernel
