// Proves: mremap shrinks, grows in place, grows by moving, moves to a fixed place, and refuses what it must.
#include <errno.h>

#include "guest.h"

static char* map_at(char* at, int pages) {
  return mmap(at, (size_t)pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static int holds(const char* p, int pages, int first) {
  for (int i = 0; i < pages; i++)
    if (p[i * PAGE] != (char)(first + i)) return 0;
  return 1;
}

int main(void) {
  char* const base = map_at((char*)0x62000000, 8);
  for (int i = 0; i < 8; i++) base[i * PAGE] = (char)(1 + i);

  check(mremap(base, 8 * PAGE, 4 * PAGE, 0) == base && readable(base + 3 * PAGE) && !readable(base + 4 * PAGE),
        "shrink");
  check(mremap(base, 4 * PAGE, 6 * PAGE, 0) == base && holds(base, 4, 1), "grow in place");
  check(base[4 * PAGE] == 0 && base[5 * PAGE] == 0, "the new pages are zero");

  map_at(base + 6 * PAGE, 1);  // in the way
  errno = 0;
  check(mremap(base, 6 * PAGE, 12 * PAGE, 0) == MAP_FAILED && errno == ENOMEM, "no room in place: ENOMEM");
  char* const moved = mremap(base, 6 * PAGE, 12 * PAGE, MREMAP_MAYMOVE);
  check(moved != MAP_FAILED && moved != base && holds(moved, 4, 1), "grow by moving");
  check(!readable(base) && !readable(base + 5 * PAGE) && readable(base + 6 * PAGE), "the old place is gone");

  char* const target = map_at((char*)0x63000000, 2);
  target[0] = 99;
  check(mremap(moved, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target) == target,
        "move a part, to a fixed place");
  check(holds(target, 2, 1) && !readable(moved) && !readable(moved + PAGE) && holds(moved + 2 * PAGE, 2, 3),
        "over what was there; the rest stays");
  target[0] = 50;
  check(target[0] == 50, "and can be written");

  errno = 0;
  check(mremap(target + 1, PAGE, PAGE, 0) == MAP_FAILED && errno == EINVAL, "unaligned: EINVAL");
  errno = 0;
  check(mremap(target, PAGE, 0, 0) == MAP_FAILED && errno == EINVAL, "to nothing: EINVAL");
  errno = 0;
  check(
      mremap(target, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target + PAGE) == MAP_FAILED && errno == EINVAL,
      "onto itself: EINVAL");
  errno = 0;
  check(mremap((void*)0x64000000, PAGE, 2 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED && errno == EFAULT,
        "of nothing: EFAULT");
  return finish();
}
