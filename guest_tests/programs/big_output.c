// Proves: a megabyte of output gets through to the last byte, by large writes and by many small ones.
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void) {
  static char block[200000];
  uint32_t seed = 1;
  for (size_t i = 0; i < sizeof block; i++) {
    seed = seed * 1664525u + 1013904223u;
    block[i] = (char)(seed >> 24);
  }
  for (int k = 0; k < 4; k++) {
    size_t done = 0;
    while (done < sizeof block) {
      const ssize_t n = write(1, block + done, sizeof block - done);
      if (n <= 0) return 1;
      done += (size_t)n;
    }
  }
  for (int i = 0; i < 20000; i++) printf("line %d\n", i);
  return 0;
}
