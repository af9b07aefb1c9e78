// Proves: a static glibc program starts, prints and ends: ELF, stack, auxv, TLS, stdio, exit.
#include <stdio.h>

int main(void) {
  puts("hello from glibc");
  return 0;
}
