// Proves: mmap's placement: anywhere, hint, MAP_FIXED over what is there, MAP_FIXED_NOREPLACE, and its errors.
#include <errno.h>
#include <stdint.h>

#include "guest.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

static void* map(void* at, size_t size, int flags) {
  errno = 0;
  return mmap(at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
}

int main(void) {
  char* const base = (char*)0x60000000;
  check(map(base, 4 * PAGE, MAP_FIXED) == base, "MAP_FIXED at a free place");
  memset(base, 0x5a, 4 * PAGE);
  check(map(base + PAGE, PAGE, MAP_FIXED) == base + PAGE, "MAP_FIXED over an old mapping");
  check(base[0] == 0x5a && base[PAGE] == 0 && base[2 * PAGE] == 0x5a, "it replaces exactly its own range");
  check(map(base + PAGE, PAGE, MAP_FIXED_NOREPLACE) == MAP_FAILED && errno == EEXIST, "FIXED_NOREPLACE: EEXIST");
  check(map(base + 3 * PAGE, 2 * PAGE, MAP_FIXED_NOREPLACE) == MAP_FAILED && errno == EEXIST,
        "FIXED_NOREPLACE: EEXIST on a partial overlap");
  check(base[PAGE] == 0 && base[2 * PAGE] == 0x5a && base[3 * PAGE] == 0x5a, "and nothing was changed");
  check(map(base + 4 * PAGE, PAGE, MAP_FIXED_NOREPLACE) == base + 4 * PAGE, "FIXED_NOREPLACE at a free place");
  char* const hinted = map(base + 64 * PAGE, PAGE, 0);
  check(hinted == base + 64 * PAGE, "a hint at a free place is taken");
  char* const other = map(base, PAGE, 0);
  check(other != MAP_FAILED && other != base, "a hint at a taken place gives another one");
  check(map(0, 0, 0) == MAP_FAILED && errno == EINVAL, "length 0: EINVAL");
  check(map(base + 1, PAGE, MAP_FIXED) == MAP_FAILED && errno == EINVAL, "MAP_FIXED unaligned: EINVAL");
  check(map(0, 0xf0000000u, 0) == MAP_FAILED && errno == ENOMEM, "too large for the address space: ENOMEM");
  errno = 0;
  check(mmap(0, PAGE, PROT_READ, MAP_PRIVATE, 77, 0) == MAP_FAILED && errno == EBADF, "a bad descriptor: EBADF");
  errno = 0;
  check(mmap(0, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == EINVAL,
        "neither private nor shared: EINVAL");
  check((uintptr_t)map((void*)0x60800123, PAGE, 0) == 0x60800000, "an unaligned hint is rounded down");
  return finish();
}
