// Proves: madvise DONTNEED drops anonymous pages and re-reads file pages; POPULATE_READ and POPULATE_WRITE succeed.
#include <errno.h>

#include "guest.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

int main(void) {
  char* const p = fresh(4, PROT_READ | PROT_WRITE);
  memset(p, 1, 4 * PAGE);
  check(madvise(p + PAGE, 2 * PAGE, MADV_DONTNEED) == 0, "DONTNEED on two of four pages");
  check(p[0] == 1 && p[PAGE] == 0 && p[3 * PAGE - 1] == 0 && p[3 * PAGE] == 1, "they read as zero, the others stay");
  p[PAGE] = 7;
  check(p[PAGE] == 7, "and can be written again");

  const int fd = memfd_create("file", 0);
  if (fd < 0 || pwrite(fd, "file contents", 13, 0) != 13) return 2;
  char* const copy = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  copy[0] = 'X';
  check(madvise(copy, PAGE, MADV_DONTNEED) == 0 && copy[0] == 'f', "DONTNEED on a private file page: the file again");

  char* const q = fresh(4, PROT_READ | PROT_WRITE);
  check(madvise(q, 4 * PAGE, MADV_POPULATE_READ) == 0, "POPULATE_READ");
  check(madvise(q, 4 * PAGE, MADV_POPULATE_WRITE) == 0, "POPULATE_WRITE");
  q[3 * PAGE] = 2;
  check(q[0] == 0 && q[3 * PAGE] == 2, "the pages are zero and writable");
  char* const populated = mmap(0, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  check(populated != MAP_FAILED && populated[PAGE] == 0, "MAP_POPULATE");
  errno = 0;
  check(madvise(p + 1, PAGE, MADV_DONTNEED) == -1 && errno == EINVAL, "unaligned: EINVAL");
  check(mlock(p, 2 * PAGE) == 0 && munlock(p, 2 * PAGE) == 0, "mlock and munlock");
  return finish();
}
