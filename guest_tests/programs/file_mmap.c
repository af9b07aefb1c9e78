// Proves: a file in /tmp mapped shared and private: contents, the zeroes behind its end, writes both ways, offsets.
#include <errno.h>
#include <stdlib.h>

#include "guest.h"

int main(void) {
  char name[] = "/tmp/file_mmap_XXXXXX";
  const int fd = mkstemp(name);
  if (fd < 0) {
    perror(name);
    return 2;
  }
  for (int i = 0; i < 2500; i++)
    if (write(fd, "0123", 4) != 4) return 2;  // 10000 bytes: two pages and a part
  char* const shared = mmap(0, 10000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  char* const private = mmap(0, 10000, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  char* const third = mmap(0, PAGE, PROT_READ, MAP_PRIVATE, fd, 2 * PAGE);
  check(shared != MAP_FAILED && private != MAP_FAILED && third != MAP_FAILED, "three mappings");
  check(memcmp(shared, "01230123", 8) == 0 && shared[9999] == '3' && private[9999] == '3', "contents");
  check(third[0] == '0' && third[10000 - 2 * PAGE - 1] == '3', "an offset of two pages");
  int sum = 0;
  for (int i = 10000; i < 3 * PAGE; i++) sum += shared[i] + private[i];
  check(sum == 0, "zeroes behind the end of the file");
  shared[5000] = 'S';
 private
  [5001] = 'P';
  char two[2];
  check(pread(fd, two, 2, 5000) == 2 && two[0] == 'S' && two[1] == '1', "only the shared store reaches the file");
  check(private[5000] == 'S' || private[5000] == '0', "the private page is a copy");
  check(pwrite(fd, "W", 1, 9000) == 1 && shared[9000] == 'W' && third[9000 - 2 * PAGE] == 'W',
        "write(2) reaches mappings");
  check(msync(shared, 10000, MS_SYNC) == 0, "msync");
  check(ftruncate(fd, 12000) == 0 && shared[11999] == 0, "the file grows under its mapping");
  shared[11000] = 'G';
  check(pread(fd, two, 1, 11000) == 1 && two[0] == 'G', "and the new part can be written");
  check(close(fd) == 0 && unlink(name) == 0 && shared[5000] == 'S', "it outlives descriptor and name");
  check(munmap(shared, 10000) == 0 && munmap(private, 10000) == 0 && !readable(shared + 2 * PAGE), "munmap");
  return finish();
}
