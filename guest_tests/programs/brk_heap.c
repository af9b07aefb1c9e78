// Proves: brk and sbrk: growth, zero pages, shrinking gives the pages back, growing again finds zeroes.
#include <stdint.h>
#include <sys/syscall.h>

#include "guest.h"

int main(void) {
  static char buffer[1024];
  setvbuf(stdout, buffer, _IOFBF, sizeof buffer);  // no malloc behind our back
  char* const start = sbrk(0);
  check(start != (void*)-1, "a program break");
  check(sbrk(5 * PAGE) == start && (char*)sbrk(0) == start + 5 * PAGE, "grow by five pages");
  int sum = 0;
  for (int i = 0; i < 5 * PAGE; i++) sum += start[i];
  check(sum == 0, "they are zero");
  memset(start, 0x77, 5 * PAGE);
  check(sbrk(-3 * PAGE) == start + 5 * PAGE, "shrink by three pages");
  char* const edge = (char*)(((uintptr_t)start + 2 * PAGE + PAGE - 1) & ~(uintptr_t)(PAGE - 1));
  check(readable(start) && !readable(edge), "what lies behind is gone");
  check(sbrk(3 * PAGE) == start + 2 * PAGE, "grow again");
  sum = 0;
  for (int i = 0; i < PAGE; i++) sum += edge[i];
  check(sum == 0 && start[0] == 0x77, "new pages are zero, old ones keep their contents");
  check(sbrk(1) != (void*)-1 && sbrk(-1) != (void*)-1, "odd sizes");
  check((char*)syscall(SYS_brk, 0x1000) == start + 5 * PAGE, "below the start: refused, nothing changes");
  return finish();
}
