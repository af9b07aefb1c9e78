// Proves: munmap of the middle, the head, the tail and across several mappings; holes are holes for the kernel as well.
#include <errno.h>

#include "guest.h"

int main(void) {
  char* const base =
      mmap((void*)0x61000000, 10 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  for (int i = 0; i < 10; i++) base[i * PAGE] = (char)(i + 1);
  check(munmap(base + 3 * PAGE, 2 * PAGE) == 0, "munmap the middle");
  check(readable(base + 2 * PAGE) && !readable(base + 3 * PAGE) && !readable(base + 4 * PAGE) &&
            readable(base + 5 * PAGE),
        "two mappings with a hole of two pages are left");
  check(munmap(base, PAGE) == 0 && !readable(base) && readable(base + PAGE), "munmap the head");
  check(munmap(base + 9 * PAGE, PAGE) == 0 && readable(base + 8 * PAGE) && !readable(base + 9 * PAGE),
        "munmap the tail");
  check(munmap(base + 3 * PAGE, 2 * PAGE) == 0, "munmap of a hole succeeds");
  check(base[PAGE] == 2 && base[2 * PAGE] == 3 && base[5 * PAGE] == 6 && base[8 * PAGE] == 9,
        "the rest keeps its contents");
  check(munmap(base + 2 * PAGE, 5 * PAGE) == 0, "munmap across mappings and the hole");
  check(readable(base + PAGE) && !readable(base + 2 * PAGE) && !readable(base + 6 * PAGE) && readable(base + 7 * PAGE),
        "what was outside of it is left");
  errno = 0;
  check(munmap(base + 1, PAGE) == -1 && errno == EINVAL, "unaligned: EINVAL");
  errno = 0;
  check(munmap(base, 0) == -1 && errno == EINVAL, "length 0: EINVAL");

  // Fill the holes again: new pages read as zero.
  char* const again = mmap(base, 10 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  int sum = 0;
  for (int i = 0; i < 10; i++) sum += again[i * PAGE];
  check(again == base && sum == 0, "mapped again, all zero");

  int count = 0;
  for (int i = 0; i < 400; i++)
    count +=
        munmap(base + (i % 10) * PAGE, PAGE) == 0 && mmap(base + (i % 10) * PAGE, PAGE, PROT_READ | PROT_WRITE,
                                                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
  check(count == 400, "400 times unmap and map one page");
  return finish();
}
