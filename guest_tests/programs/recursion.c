// Proves: the stack grows page by page down a deep recursion (about 6 MB) and its contents survive the way back.
#include <stdint.h>
#include <stdio.h>

static uint32_t __attribute__((noinline)) descend(uint32_t depth, uint32_t seed) {
  volatile uint32_t frame[16];
  for (int i = 0; i < 16; i++) frame[i] = seed + (uint32_t)i * depth;
  uint32_t below = depth == 0 ? 1 : descend(depth - 1, seed * 1664525u + 1013904223u);
  for (int i = 0; i < 16; i++) {
    if (frame[i] != seed + (uint32_t)i * depth) return 0xdeadbeef;
    below = below * 31 + frame[i];
  }
  return below;
}

int main(void) {
  for (uint32_t depth = 1; depth <= 50000; depth *= 10) printf("depth %5u: %08x\n", depth, descend(depth, 7));
  printf("depth 50000: %08x\n", descend(50000, 9));
  return 0;
}
