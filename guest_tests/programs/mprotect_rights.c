// Proves: mprotect's rights as the kernel sees them (a probe by read and write), splits, errors, and contents kept.
#include <errno.h>

#include "guest.h"

int main(void) {
  char* const p = fresh(6, PROT_READ | PROT_WRITE);
  for (int i = 0; i < 6; i++) p[i * PAGE] = (char)(10 + i);
  check(mprotect(p + PAGE, PAGE, PROT_READ) == 0, "one page read-only");
  check(readable(p + PAGE) && !writable(p + PAGE), "it can be read, not written");
  check(writable(p) && writable(p + 2 * PAGE), "its neighbours can be written");
  check(mprotect(p + 3 * PAGE, PAGE, PROT_NONE) == 0, "one page without rights");
  check(!readable(p + 3 * PAGE) && !writable(p + 3 * PAGE), "it can be neither read nor written");
  check(mprotect(p, 6 * PAGE, PROT_READ | PROT_WRITE) == 0, "everything back, over three kinds");
  int good = 0;
  for (int i = 0; i < 6; i++) good += p[i * PAGE] == 10 + i && writable(p + i * PAGE);
  check(good == 6, "contents kept, all writable");
  check(mprotect(p, PAGE, PROT_READ) == 0 && mprotect(p, PAGE, PROT_READ | PROT_WRITE) == 0 && (p[1] = 3) == 3,
        "read-only and back, then a store");
  char* const untouched = fresh(2, PROT_NONE);
  check(!readable(untouched), "a PROT_NONE mapping");
  check(mprotect(untouched, PAGE, PROT_READ) == 0 && readable(untouched) && !writable(untouched) && untouched[0] == 0,
        "made readable: the zero page");
  check(mprotect(untouched, PAGE, PROT_READ | PROT_WRITE) == 0 && (untouched[5] = 4) == 4 && untouched[0] == 0,
        "made writable: a page of its own");
  errno = 0;
  check(mprotect(p + 1, PAGE, PROT_READ) == -1 && errno == EINVAL, "unaligned: EINVAL");
  munmap(p + 4 * PAGE, PAGE);
  errno = 0;
  check(mprotect(p + 3 * PAGE, 3 * PAGE, PROT_READ) == -1 && errno == ENOMEM, "over a hole: ENOMEM");
  check(mprotect(p, 0, PROT_READ) == 0 && writable(p), "length 0 does nothing");
  check(mprotect(p, 100, PROT_READ) == 0 && !writable(p) && writable(p + PAGE), "a length is rounded up to a page");
  return finish();
}
