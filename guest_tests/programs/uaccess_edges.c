// Proves: system calls whose buffer ends in a hole: short counts where something was copied, EFAULT where nothing was;
// names that end exactly at the end of a mapping, or run into the hole.
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

#include "guest.h"

static long result(long n) { return n < 0 ? -errno : n; }

static void is(const char* what, long got, long want) {
  if (got != want) printf("     %ld, expected %ld:\n", got, want);
  check(got == want, what);
}

int main(void) {
  char* const p = fresh(4, PROT_READ | PROT_WRITE);
  char* const edge = p + 2 * PAGE;  // the first byte of the hole
  munmap(edge, 2 * PAGE);
  const int fd = memfd_create("file", 0), zero = open("/dev/zero", O_RDONLY), null = open("/dev/null", O_WRONLY);
  volatile int minus = -1;
  char block[PAGE];
  memset(block, 'x', sizeof block);
  if (fd < 0 || zero < 0 || null < 0 || write(fd, block, PAGE) != PAGE || write(fd, block, PAGE) != PAGE) return 2;

  is("read up to the hole", result(pread(fd, edge - 100, 100, 0)), 100);
  check(edge[-1] == 'x' && edge[-100] == 'x', "and its bytes");
  memset(edge - 100, 0, 100);
  is("read into the hole: the bytes before it", result(pread(fd, edge - 100, 200, 0)), 100);
  check(edge[-1] == 'x' && edge[-100] == 'x', "and they are there");
  is("read at the hole: EFAULT", result(pread(fd, edge, 10, 0)), -EFAULT);
  is("read of nothing at the hole", result(pread(fd, edge, 0, 0)), 0);
  is("read /dev/zero into the hole", result(read(zero, edge - 50, 100)), 50);
  is("write from before the hole", result(pwrite(fd, edge - 100, 100, 0)), 100);
  is("write into the hole: the bytes before it", result(pwrite(fd, edge - 100, 200, 0)), 100);
  is("write at the hole: EFAULT", result(pwrite(fd, edge, 10, 0)), -EFAULT);
  is("write at the hole to /dev/null, which does not look", result(write(null, edge, 10)), 10);
  struct iovec parts[3] = {{edge - 10, 10}, {edge, 10}, {edge - 20, 10}};
  is("readv with a bad second part", result(preadv(fd, parts, 3, 0)), 10);
  is("writev with a bad second part", result(pwritev(fd, parts, 3, 0)), 10);
  is("readv with a bad vector", result(readv(fd, (struct iovec*)edge, 1)), -EFAULT);
  is("readv of minus one parts: EINVAL", result(readv(fd, parts, minus)), -EINVAL);
  is("a negative count fails", result(pread(fd, edge - 10, (size_t)minus, 0)) < 0, 1);

  struct stat st;
  memcpy(edge - 5, "/tmp", 5);
  is("a name that ends at the hole", result(stat(edge - 5, &st)), 0);
  memcpy(edge - 4, "/tmp", 4);
  is("a name that runs into it: EFAULT", result(stat(edge - 4, &st)), -EFAULT);
  is("a name in the hole: EFAULT", result(access(edge, F_OK)), -EFAULT);
  memset(p, 'a', 2 * PAGE);
  is("a name longer than a page: ENAMETOOLONG", result(access(p, F_OK)), -ENAMETOOLONG);
  struct timespec* const half = (struct timespec*)(edge - 4);
  errno = 0;
  is("nanosleep on half a timespec: EFAULT", result(syscall(SYS_nanosleep, half, NULL)), -EFAULT);
  is("getcwd into a hole: EFAULT or no room", getcwd(edge, 100) == NULL && errno == EFAULT, 1);

  mprotect(p, PAGE, PROT_READ);
  is("read into a read-only page: EFAULT", result(pread(fd, p, 10, 0)), -EFAULT);
  is("read up to a read-only page from below is fine", result(pread(fd, p + PAGE, 10, 0)), 10);
  is("write from a read-only page", result(pwrite(fd, p, 10, 0)), 10);
  mprotect(p, PAGE, PROT_NONE);
  is("write from a page without rights: EFAULT", result(pwrite(fd, p, 10, 0)), -EFAULT);
  is("a buffer at a kernel address: EFAULT", result(pread(fd, (void*)-8192l, 10, 0)), -EFAULT);
  return finish();
}
