// Proves: the exit status is the guest's own, and exit handlers and stdio buffers run out first.
#include <stdio.h>
#include <stdlib.h>

static void last(void) { puts("exit handler"); }

int main(void) {
  atexit(last);
  printf("leaving with 42, ");
  return 42;
}
