// 10,000 faults in a row for the debugger to look at: a store to each page of a fresh mapping.
#include <sys/mman.h>

#include "bench.h"

enum { PAGE = 4096, PAGES = 10000 };

int main(void) {
  volatile char* const region = mmap((void*)0x60000000, (size_t)PAGES * PAGE, PROT_READ | PROT_WRITE,
                                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  if (region == MAP_FAILED) return 2;
  const double begin = now_ms();
  for (size_t n = 0; n < PAGES; n++) region[n * PAGE] = 1;
  printf("FAULTS %d us/fault %.3f\n", PAGES, (now_ms() - begin) * 1e3 / PAGES);
  return 0;
}
