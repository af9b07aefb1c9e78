// Proves: MAP_SHARED: anonymous, and a memfd mapped twice: a store through one view is seen through the other and by
// read(2); a private view takes a copy on its first write.
#include <errno.h>

#include "guest.h"

int main(void) {
  char* const anonymous = mmap(0, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  anonymous[2 * PAGE] = 5;
  check(anonymous[0] == 0 && anonymous[2 * PAGE] == 5, "anonymous shared memory");

  const int fd = memfd_create("shared", 0);
  check(fd >= 0 && ftruncate(fd, 3 * PAGE) == 0, "a memfd of three pages");
  char* const one = mmap(0, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  char* const two = mmap(0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, PAGE);
  char* const copy = mmap(0, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  char* const view = mmap(0, 3 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
  check(one != MAP_FAILED && two != MAP_FAILED && copy != MAP_FAILED && view != MAP_FAILED, "four views of it");
  one[PAGE + 7] = 'a';
  check(two[7] == 'a' && copy[PAGE + 7] == 'a' && view[PAGE + 7] == 'a', "a store is seen through all of them");
  two[8] = 'b';
  check(one[PAGE + 8] == 'b', "and back");
  copy[PAGE + 9] = 'c';
  check(one[PAGE + 9] == 0 && copy[PAGE + 9] == 'c' && copy[PAGE + 7] == 'a', "a private store stays private");
  one[PAGE + 10] = 'd';
  check(copy[PAGE + 10] == 0 && view[PAGE + 10] == 'd', "and that page has parted from the file");
  char buffer[4] = "";
  check(pread(fd, buffer, 4, PAGE + 7) == 4 && memcmp(buffer, "ab\0d", 4) == 0, "read(2) sees the stores");
  check(pwrite(fd, "xyz", 3, 2 * PAGE) == 3 && one[2 * PAGE + 1] == 'y' && two[PAGE + 2] == 'z',
        "mappings see write(2)");
  check(!writable(view), "the read-only view cannot be written");
  check(munmap(one, 3 * PAGE) == 0 && two[7] == 'a', "unmapping one view leaves the others");
  close(fd);
  check(two[8] == 'b', "closing the descriptor leaves the mapping");
  check(msync(two, 2 * PAGE, MS_SYNC) == 0, "msync");
  return finish();
}
