// What is done to an open file besides reading and writing. [linux fs/read_write.c, fs/fcntl.c, fs/ioctl.c, fs/open.c]
#include <limits>

#include "abi.h"
#include "common.h"
#include "handlers.h"
#include "lpaemu/kernel_model/mm/page_cache.h"

namespace lpaemu::kernel {
namespace {

Result<std::uint64_t> do_lseek(task_struct& task, std::uint32_t fd, std::int64_t offset, std::uint32_t whence) {
  LPAEMU_TRY(file, fget(task, fd));
  if (whence > static_cast<std::uint32_t>(Whence::hole)) return unexpected(Errno::einval);
  return file->llseek(offset, static_cast<Whence>(whence));
}

// ---- fcntl ---------------------------------------------------------------------------------------------------------

// [linux include/uapi/asm-generic/fcntl.h, include/uapi/linux/fcntl.h]
enum class Fcntl : std::uint32_t {
  dupfd = 0,
  getfd = 1,
  setfd = 2,
  getfl = 3,
  setfl = 4,
  getlk = 5,
  setlk = 6,
  setlkw = 7,
  setown = 8,
  getown = 9,
  setsig = 10,
  getsig = 11,
  getlk64 = 12,
  setlk64 = 13,
  setlkw64 = 14,
  ofd_getlk = 36,
  ofd_setlk = 37,
  ofd_setlkw = 38,
  dupfd_cloexec = 1030,
  add_seals = 1033,
  get_seals = 1034,
};
constexpr std::uint32_t FD_CLOEXEC = 1;
constexpr std::int16_t F_RDLCK = 0, F_WRLCK = 1, F_UNLCK = 2;

SyscallResult dup_from(task_struct& task, const std::shared_ptr<File>& file, std::uint32_t from, bool cloexec) {
  if (from >= FdTable::limit) return unexpected(Errno::einval);
  return task.files->install(file, cloexec, from);
}

/// [linux fs/fcntl.c:setfl]
SyscallResult set_status_flags(File& file, std::uint32_t flags) {
  constexpr std::uint32_t settable = O_APPEND | O_NONBLOCK | O_NOATIME | O_DIRECT;
  file.set_flags((file.flags() & ~settable) | (flags & settable));
  return 0;
}

/// Locks never meet another process's, so that they are checked and always granted.
/// Pretend: a real kernel remembers them. [linux fs/locks.c:fcntl_setlk]
template <class Flock>
SyscallResult check_lock(task_struct& task, const File& file, VirtAddr pointer, bool query) {
  LPAEMU_TRY(lock, get_user<Flock>(*task.mm, pointer));
  if (lock.type < F_RDLCK || lock.type > F_UNLCK) return unexpected(Errno::einval);
  if (lock.whence < 0 || lock.whence > static_cast<std::int16_t>(Whence::end)) return unexpected(Errno::einval);
  if (query) {
    if (lock.type == F_UNLCK) return unexpected(Errno::einval);
    lock.type = F_UNLCK;
    LPAEMU_TRY_VOID(put_user(*task.mm, pointer, lock));
    return 0;
  }
  if (lock.type == F_RDLCK && !file.readable()) return unexpected(Errno::ebadf);
  if (lock.type == F_WRLCK && !file.writable()) return unexpected(Errno::ebadf);
  return 0;
}

bool allowed_on_o_path(Fcntl command) {
  switch (command) {
    case Fcntl::dupfd:
    case Fcntl::dupfd_cloexec:
    case Fcntl::getfd:
    case Fcntl::setfd:
    case Fcntl::getfl: return true;
    default: return false;
  }
}

SyscallResult do_fcntl(task_struct& task, const SyscallArgs& args) {
  const std::uint32_t fd = args[0];
  const Fcntl command{args[1]};
  LPAEMU_TRY(file, fget_raw(task, fd));
  if ((file->flags() & O_PATH) != 0 && !allowed_on_o_path(command)) return unexpected(Errno::ebadf);
  switch (command) {
    case Fcntl::dupfd: return dup_from(task, file, args[2], false);
    case Fcntl::dupfd_cloexec: return dup_from(task, file, args[2], true);
    case Fcntl::getfd: {
      LPAEMU_TRY(cloexec, task.files->cloexec(fd));
      return cloexec ? FD_CLOEXEC : 0;
    }
    case Fcntl::setfd: {
      LPAEMU_TRY_VOID(task.files->set_cloexec(fd, (args[2] & FD_CLOEXEC) != 0));
      return 0;
    }
    case Fcntl::getfl: return file->flags() & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC);
    case Fcntl::setfl: return set_status_flags(*file, args[2]);
    case Fcntl::getlk: return check_lock<abi::flock>(task, *file, args.addr(2), true);
    case Fcntl::setlk:
    case Fcntl::setlkw: return check_lock<abi::flock>(task, *file, args.addr(2), false);
    case Fcntl::getlk64:
    case Fcntl::ofd_getlk: return check_lock<abi::flock64>(task, *file, args.addr(2), true);
    case Fcntl::setlk64:
    case Fcntl::setlkw64:
    case Fcntl::ofd_setlk:
    case Fcntl::ofd_setlkw: return check_lock<abi::flock64>(task, *file, args.addr(2), false);
    case Fcntl::setown:
    case Fcntl::setsig: return 0;  // nothing here sends SIGIO
    case Fcntl::getown:
    case Fcntl::getsig: return 0;
    case Fcntl::add_seals:
    case Fcntl::get_seals: return unexpected(Errno::einval);
  }
  return unexpected(Errno::einval);
}

// ---- truncate, fallocate -------------------------------------------------------------------------------------------

SyscallResult do_ftruncate(task_struct& task, std::uint32_t fd, std::int64_t length) {
  if (length < 0) return unexpected(Errno::einval);
  LPAEMU_TRY(file, fget(task, fd));
  if (file->inode().type() != FileType::regular || !file->writable()) return unexpected(Errno::einval);
  LPAEMU_TRY_VOID(file->inode().truncate(static_cast<std::uint64_t>(length)));
  return 0;
}

SyscallResult do_truncate(task_struct& task, VirtAddr name, std::int64_t length) {
  if (length < 0) return unexpected(Errno::einval);
  LPAEMU_TRY(path, getname(task, name));
  LPAEMU_TRY(place, lookup_at(task, AT_FDCWD, path, Follow::yes));
  LPAEMU_TRY_VOID(vfs_truncate(task, *place.inode, static_cast<std::uint64_t>(length)));
  return 0;
}

}  // namespace

SyscallResult sys_lseek(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY(position, do_lseek(task, args[0], args.s32(1), args[2]));
  if (position > std::uint64_t{std::numeric_limits<std::int32_t>::max()}) return unexpected(Errno::eoverflow);
  return static_cast<std::uint32_t>(position);
}

/// _llseek(fd, high, low, result*, whence): not a register pair, the high word comes first.
SyscallResult sys__llseek(task_struct& task, const SyscallArgs& args) {
  const std::uint64_t offset = std::uint64_t{args[1]} << 32 | args[2];
  LPAEMU_TRY(position, do_lseek(task, args[0], static_cast<std::int64_t>(offset), args[4]));
  LPAEMU_TRY_VOID(put_user(*task.mm, args.addr(3), position));
  return 0;
}

SyscallResult sys_fcntl(task_struct& task, const SyscallArgs& args) {
  // fcntl knows no 64-bit locks: those are fcntl64's. [linux fs/fcntl.c:do_fcntl]
  const Fcntl command{args[1]};
  if (command == Fcntl::getlk64 || command == Fcntl::setlk64 || command == Fcntl::setlkw64)
    return unexpected(Errno::einval);
  return do_fcntl(task, args);
}

SyscallResult sys_fcntl64(task_struct& task, const SyscallArgs& args) { return do_fcntl(task, args); }

/// The requests that every file takes come first. [linux fs/ioctl.c:do_vfs_ioctl]
SyscallResult sys_ioctl(task_struct& task, const SyscallArgs& args) {
  constexpr std::uint32_t FIOCLEX = 0x5451, FIONCLEX = 0x5450, FIONBIO = 0x5421, FIOASYNC = 0x5452, FIONREAD = 0x541b;
  LPAEMU_TRY(file, fget(task, args[0]));
  switch (args[1]) {
    case FIOCLEX:
    case FIONCLEX: {
      LPAEMU_TRY_VOID(task.files->set_cloexec(args[0], args[1] == FIOCLEX));
      return 0;
    }
    case FIONBIO: {
      LPAEMU_TRY(on, get_user<std::int32_t>(*task.mm, args.addr(2)));
      file->set_flags(on != 0 ? file->flags() | O_NONBLOCK : file->flags() & ~O_NONBLOCK);
      return 0;
    }
    case FIOASYNC: {
      LPAEMU_TRY_VOID(get_user<std::int32_t>(*task.mm, args.addr(2)));
      return 0;
    }
    case FIONREAD: {
      if (file->inode().type() != FileType::regular) break;
      const std::uint64_t left = file->inode().stat().size - file->pos;
      LPAEMU_TRY_VOID(put_user(*task.mm, args.addr(2), static_cast<std::int32_t>(left)));
      return 0;
    }
    default: break;
  }
  return file->ioctl(task, args[1], args.addr(2));
}

SyscallResult sys_truncate(task_struct& task, const SyscallArgs& args) {
  return do_truncate(task, args.addr(0), args.s32(1));
}
SyscallResult sys_ftruncate(task_struct& task, const SyscallArgs& args) {
  return do_ftruncate(task, args[0], args.s32(1));
}
/// The length is an even-odd pair: r1 stays unused.
SyscallResult sys_truncate64(task_struct& task, const SyscallArgs& args) {
  return do_truncate(task, args.addr(0), args.s64(2));
}
SyscallResult sys_ftruncate64(task_struct& task, const SyscallArgs& args) {
  return do_ftruncate(task, args[0], args.s64(2));
}

/// [linux fs/open.c:vfs_fallocate, mm/shmem.c:shmem_fallocate]
SyscallResult sys_fallocate(task_struct& task, const SyscallArgs& args) {
  constexpr std::uint32_t FALLOC_FL_KEEP_SIZE = 1, FALLOC_FL_PUNCH_HOLE = 2;
  LPAEMU_TRY(file, fget(task, args[0]));
  const std::uint32_t mode = args[1];
  const std::int64_t offset = args.s64(2), length = args.s64(4);
  if (offset < 0 || length <= 0) return unexpected(Errno::einval);
  if (!has_only(mode, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE) || mode == FALLOC_FL_PUNCH_HOLE)
    return unexpected(Errno::enotsup);
  if (!file->writable()) return unexpected(Errno::ebadf);
  const FileType type = file->inode().type();
  if (type == FileType::fifo) return unexpected(Errno::espipe);
  if (type == FileType::directory) return unexpected(Errno::eisdir);
  if (type != FileType::regular) return unexpected(Errno::enodev);
  if (offset > std::numeric_limits<std::int64_t>::max() - length) return unexpected(Errno::efbig);

  const auto start = static_cast<std::uint64_t>(offset), bytes = static_cast<std::uint64_t>(length);
  if ((mode & FALLOC_FL_PUNCH_HOLE) != 0) {
    LPAEMU_TRY(pages, file->mmap());
    if (pages == nullptr || !pages->is_shmem()) return unexpected(Errno::enotsup);
    pages->punch_hole(start, bytes);
    return 0;
  }
  // Pretend: Linux reserves the pages too, so that later writes cannot fail.
  const bool grows = (mode & FALLOC_FL_KEEP_SIZE) == 0 && start + bytes > file->inode().stat().size;
  if (grows) LPAEMU_TRY_VOID(file->inode().truncate(start + bytes));
  return 0;
}

SyscallResult sys_fsync(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY(file, fget(task, args[0]));
  const FileType type = file->inode().type();
  const bool has_fsync = type == FileType::regular || type == FileType::directory || type == FileType::block_device;
  if (!has_fsync) return unexpected(Errno::einval);
  LPAEMU_TRY_VOID(file->fsync());
  return 0;
}
SyscallResult sys_fdatasync(task_struct& task, const SyscallArgs& args) { return sys_fsync(task, args); }

SyscallResult sys_sync(task_struct& task, const SyscallArgs&) {
  for (const std::uint32_t fd : task.files->open_fds())
    if (const auto file = task.files->get(fd)) static_cast<void>((*file)->fsync());
  return 0;
}

SyscallResult sys_syncfs(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY_VOID(fget(task, args[0]));
  return sys_sync(task, args);
}

/// flock(fd, operation): nobody else holds a lock. [linux fs/locks.c]
SyscallResult sys_flock(task_struct& task, const SyscallArgs& args) {
  constexpr std::uint32_t LOCK_SH = 1, LOCK_EX = 2, LOCK_NB = 4, LOCK_UN = 8;
  const std::uint32_t operation = args[1] & ~LOCK_NB;
  if (operation != LOCK_SH && operation != LOCK_EX && operation != LOCK_UN) return unexpected(Errno::einval);
  LPAEMU_TRY_VOID(fget(task, args[0]));
  return 0;
}

/// Advice about a file: checked, of no effect. [linux mm/fadvise.c]
SyscallResult sys_arm_fadvise64_64(task_struct& task, const SyscallArgs& args) {
  constexpr std::uint32_t POSIX_FADV_NOREUSE = 5;
  LPAEMU_TRY(file, fget(task, args[0]));
  if (file->inode().type() == FileType::fifo) return unexpected(Errno::espipe);
  if (args[1] > POSIX_FADV_NOREUSE || args.s64(4) < 0) return unexpected(Errno::einval);
  return 0;
}

/// readahead(fd, -, offset pair, count): of no effect. [linux mm/readahead.c]
SyscallResult sys_readahead(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY(file, fget(task, args[0]));
  if (!file->readable()) return unexpected(Errno::ebadf);
  if (file->inode().type() != FileType::regular) return unexpected(Errno::einval);
  return 0;
}

/// splice and tee need a pipe on one side at least, and there is none yet. [linux fs/splice.c]
SyscallResult sys_splice(task_struct& task, const SyscallArgs& args) {
  LPAEMU_TRY_VOID(fget(task, args[0]));
  LPAEMU_TRY_VOID(fget(task, args[2]));
  return unexpected(Errno::einval);
}

}  // namespace lpaemu::kernel
