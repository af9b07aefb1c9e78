// Structures of the ARM EABI as they lie in user memory. Little-endian like the host, so that they are copied whole.
// [linux arch/arm/include/uapi/asm, include/uapi/asm-generic]
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace lpaemu::kernel::abi {

/// [linux include/uapi/linux/uio.h]
struct iovec {
  std::uint32_t base, len;
};
static_assert(sizeof(iovec) == 8);

/// struct old_timespec32 and __kernel_timespec. [linux include/vdso/time32.h, include/uapi/linux/time_types.h]
struct timespec32 {
  std::int32_t sec, nsec;
};
static_assert(sizeof(timespec32) == 8);
struct timespec64 {
  std::int64_t sec, nsec;
};
static_assert(sizeof(timespec64) == 16);

struct timeval32 {
  std::int32_t sec, usec;
};
static_assert(sizeof(timeval32) == 8);
struct itimerval32 {
  timeval32 interval, value;
};
static_assert(sizeof(itimerval32) == 16);

struct timezone {
  std::int32_t minuteswest, dsttime;
};
static_assert(sizeof(timezone) == 8);

/// times(2), in USER_HZ. [linux include/uapi/linux/times.h]
struct tms {
  std::int32_t utime, stime, cutime, cstime;
};
static_assert(sizeof(tms) == 16);

/// [linux include/uapi/linux/resource.h]
struct rusage {
  timeval32 utime, stime;
  std::int32_t maxrss, ixrss, idrss, isrss, minflt, majflt, nswap;
  std::int32_t inblock, oublock, msgsnd, msgrcv, nsignals, nvcsw, nivcsw;
};
static_assert(sizeof(rusage) == 72);
struct rlimit {
  std::uint32_t cur, max;
};
static_assert(sizeof(rlimit) == 8);
struct rlimit64 {
  std::uint64_t cur, max;
};
static_assert(sizeof(rlimit64) == 16);

/// struct stat64 of ARM, EABI padding included. [linux arch/arm/include/uapi/asm/stat.h]
struct stat64 {
  std::uint64_t dev;
  std::uint32_t pad0;
  std::uint32_t old_ino;  // __st_ino: the low word
  std::uint32_t mode, nlink, uid, gid;
  std::uint64_t rdev;
  std::uint32_t pad3;
  std::uint32_t pad4;  // the alignment of the 64-bit size
  std::int64_t size;
  std::uint32_t blksize;
  std::uint32_t pad5;  // the alignment of the 64-bit block count
  std::uint64_t blocks;
  std::uint32_t atime, atime_nsec, mtime, mtime_nsec, ctime, ctime_nsec;
  std::uint64_t ino;
};
static_assert(sizeof(stat64) == 104 && offsetof(stat64, size) == 48 && offsetof(stat64, ino) == 96);

/// struct stat, for the calls that only very old programs make. [linux arch/arm/include/uapi/asm/stat.h]
struct stat {
  std::uint32_t dev, ino;
  std::uint16_t mode, nlink, uid, gid;
  std::uint32_t rdev, size, blksize, blocks;
  std::uint32_t atime, atime_nsec, mtime, mtime_nsec, ctime, ctime_nsec;
  std::array<std::uint32_t, 2> unused;
};
static_assert(sizeof(stat) == 64);

/// [linux include/uapi/linux/stat.h]
struct statx_timestamp {
  std::int64_t sec;
  std::uint32_t nsec;
  std::int32_t reserved;
};
struct statx {
  std::uint32_t mask, blksize;
  std::uint64_t attributes;
  std::uint32_t nlink, uid, gid;
  std::uint16_t mode, spare0;
  std::uint64_t ino, size, blocks, attributes_mask;
  statx_timestamp atime, btime, ctime, mtime;
  std::uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
  std::uint64_t mnt_id;
  std::uint32_t dio_mem_align, dio_offset_align;
  std::array<std::uint64_t, 12> spare;
};
static_assert(sizeof(statx) == 256 && offsetof(statx, mnt_id) == 144);

/// [linux include/uapi/asm-generic/statfs.h]
struct statfs {
  std::uint32_t type, bsize, blocks, bfree, bavail, files, ffree;
  std::array<std::int32_t, 2> fsid;
  std::uint32_t namelen, frsize, flags;
  std::array<std::uint32_t, 4> spare;
};
static_assert(sizeof(statfs) == 64);
/// Packed to 84 bytes; programs pass 84 or 88 (statfs64_to_user takes both). [linux arch/arm/kernel/sys_arm.c]
struct [[gnu::packed, gnu::aligned(4)]] statfs64 {
  std::uint32_t type, bsize;
  std::uint64_t blocks, bfree, bavail, files, ffree;
  std::array<std::int32_t, 2> fsid;
  std::uint32_t namelen, frsize, flags;
  std::array<std::uint32_t, 4> spare;
};
static_assert(sizeof(statfs64) == 84);

/// The fixed parts of directory entries; the name and its NUL follow. [linux include/linux/dirent.h, fs/readdir.c]
struct [[gnu::packed]] dirent64_head {
  std::uint64_t ino;
  std::int64_t off;
  std::uint16_t reclen;
  std::uint8_t type;
};
static_assert(sizeof(dirent64_head) == 19);
struct [[gnu::packed]] dirent_head {
  std::uint32_t ino, off;
  std::uint16_t reclen;
};
static_assert(sizeof(dirent_head) == 10);

/// struct flock and flock64. [linux include/uapi/asm-generic/fcntl.h]
struct flock {
  std::int16_t type, whence;
  std::int32_t start, len, pid;
};
static_assert(sizeof(flock) == 16);
struct flock64 {
  std::int16_t type, whence;
  std::uint32_t pad;
  std::int64_t start, len;
  std::int32_t pid;
  std::uint32_t pad1;
};
static_assert(sizeof(flock64) == 32);

/// [linux include/uapi/linux/utsname.h:new_utsname]
struct utsname {
  std::array<char, 65> sysname, nodename, release, version, machine, domainname;
};
static_assert(sizeof(utsname) == 390);

/// [linux include/uapi/linux/sysinfo.h]
struct sysinfo {
  std::int32_t uptime;
  std::array<std::uint32_t, 3> loads;
  std::uint32_t totalram, freeram, sharedram, bufferram, totalswap, freeswap;
  std::uint16_t procs, pad;
  std::uint32_t totalhigh, freehigh, mem_unit;
  std::array<std::uint8_t, 8> fill;
};
static_assert(sizeof(sysinfo) == 64);

/// struct sigaction of the rt calls. [linux arch/arm/include/uapi/asm/signal.h, include/linux/signal_types.h]
struct rt_sigaction {
  std::uint32_t handler, flags, restorer;
  std::array<std::uint32_t, 2> mask;
};
static_assert(sizeof(rt_sigaction) == 20);
/// struct old_sigaction. [linux arch/arm/include/uapi/asm/signal.h]
struct old_sigaction {
  std::uint32_t handler, mask, flags, restorer;
};
static_assert(sizeof(old_sigaction) == 16);
struct stack_t {
  std::uint32_t sp;
  std::int32_t flags;
  std::uint32_t size;
};
static_assert(sizeof(stack_t) == 12);
/// siginfo_t: the three words that all kinds share, and those of a kill or a fault. [linux asm-generic/siginfo.h]
struct siginfo {
  std::int32_t signo, err, code;
  std::int32_t pid_or_addr;
  std::uint32_t uid;
  std::array<std::uint32_t, 27> rest;
};
static_assert(sizeof(siginfo) == 128);

/// [linux include/uapi/asm-generic/poll.h]
struct pollfd {
  std::int32_t fd;
  std::uint16_t events, revents;
};
static_assert(sizeof(pollfd) == 8);

/// [linux include/uapi/linux/capability.h]
struct cap_header {
  std::uint32_t version;
  std::int32_t pid;
};
static_assert(sizeof(cap_header) == 8);
struct cap_data {
  std::uint32_t effective, permitted, inheritable;
};
static_assert(sizeof(cap_data) == 12);

}  // namespace lpaemu::kernel::abi
