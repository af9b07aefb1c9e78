// Proves: the C library's string functions (wide loads, NEON) stay inside a page whose neighbours are missing, for
// every alignment and small size, and give the right results.
#include <stdint.h>

#include "guest.h"

int main(void) {
  enum { SPAN = 80 };
  char *const a = fresh(3, PROT_READ | PROT_WRITE) + PAGE, *const b = fresh(3, PROT_READ | PROT_WRITE) + PAGE;
  munmap(a - PAGE, PAGE), munmap(a + PAGE, PAGE);
  munmap(b - PAGE, PAGE), munmap(b + PAGE, PAGE);
  char *const enda = a + PAGE, *const endb = b + PAGE;
  uint32_t wrong = 0, checksum = 1;

  for (int size = 0; size <= SPAN; size++) {
    for (int skew = 0; skew < 8; skew++) {  // ends against the hole, starts at all alignments
      char *const from = enda - size, *const to = endb - size - skew;
      for (int i = 0; i < size; i++) from[i] = (char)(1 + (i * 7 + size) % 120);
      memset(endb - SPAN - 16, 0x7f, SPAN + 16);
      memcpy(to, from, (size_t)size);
      wrong += memcmp(to, from, (size_t)size) != 0;
      for (int i = 0; i < skew; i++) wrong += endb[-1 - i] != 0x7f;
      wrong += to[-1] != 0x7f;
      memmove(to - 1, to, (size_t)size);
      wrong += memcmp(to - 1, from, (size_t)size) != 0;
      memset(to, 0, (size_t)size);
      for (int i = 0; i < size; i++) wrong += to[i] != 0;
      if (size > 0) {
        from[size - 1] = 0;
        wrong += strlen(from) != (size_t)size - 1;
        wrong += memchr(from, 0, (size_t)size) != from + size - 1;
        strcpy(to, from);
        wrong += strcmp(to, from) != 0 || strncmp(to, from, (size_t)size) != 0;
        wrong += strchr(from, 0) != from + size - 1 || strrchr(from, 'z' + 1) != memchr(from, 'z' + 1, (size_t)size);
        checksum = checksum * 31 + (uint32_t)strlen(to);
      }
    }
  }
  for (int size = 0; size <= SPAN; size++) {  // begins against the hole in front
    for (int i = 0; i < size; i++) a[i] = (char)i;
    memmove(b, a, (size_t)size);
    wrong += memcmp(a, b, (size_t)size) != 0;
    memmove(a + 1, a, (size_t)size);
    wrong += memcmp(a + 1, b, (size_t)size) != 0;
    checksum = checksum * 31 + (uint32_t)(unsigned char)a[size];
  }
  printf("wrong %u, checksum %08x\n", wrong, checksum);
  return wrong != 0;
}
