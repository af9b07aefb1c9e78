// Proves: a static musl program starts, prints and ends: another libc asks the kernel for other things.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
  char* copy = malloc(100000);
  if (!copy) return 1;
  strcpy(copy, "hello from musl");
  puts(copy);
  printf("%.3f %lld %s\n", 2.5, 1LL << 40, "formatted");
  free(copy);
  return 0;
}
