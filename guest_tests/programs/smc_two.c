// Proves: code changed through another mapping of the same memory (a memfd mapped twice) is seen after cacheflush.
#include <stdint.h>

#include "guest.h"

typedef int (*function)(int);

static uint32_t mov_r0(uint32_t n) { return 0xe3a00000u | (n & 0xff); }
static const uint32_t bx_lr = 0xe12fff1eu;

static void flush(void* from, unsigned size) { __builtin___clear_cache((char*)from, (char*)from + size); }

int main(void) {
  const int fd = memfd_create("code", 0);
  if (fd < 0 || ftruncate(fd, 2 * PAGE) != 0) return 2;
  uint32_t* const writer = mmap(0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  uint32_t* const code = mmap(0, 2 * PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
  check(writer != MAP_FAILED && code != MAP_FAILED && (void*)writer != (void*)code, "two mappings");

  int good = 0;
  for (int n = 0; n < 256; n++) {
    writer[0] = mov_r0((uint32_t)n);
    writer[1] = bx_lr;
    flush(code, 8);
    good += ((function)(uintptr_t)code)(0) == n;
  }
  check(good == 256, "written through the other mapping 256 times");

  good = 0;
  for (int n = 0; n < 256; n++) {
    const uint32_t two[2] = {mov_r0((uint32_t)n), bx_lr};
    if (pwrite(fd, two, 8, PAGE) != 8) break;
    flush((char*)code + PAGE, 8);
    good += ((function)(uintptr_t)((char*)code + PAGE))(0) == n;
  }
  check(good == 256, "written by pwrite(2) to the file 256 times");

  // Two functions in one page, only one of them changes; the other one runs in between.
  writer[16] = mov_r0(5);
  writer[17] = bx_lr;
  good = 0;
  for (int n = 0; n < 256; n++) {
    writer[0] = mov_r0((uint32_t)n);
    flush(code, 72);
    good += ((function)(uintptr_t)&code[16])(0) == 5 && ((function)(uintptr_t)code)(0) == n;
  }
  check(good == 256, "a neighbour in the same page stays");
  return finish();
}
