// The register contents of the recorded cases, for the recorder (C) and for the test (C++): both make them from a seed.
#pragma once

#include <stdint.h>

// Three pages; the middle one is what faults. The registers point to the surroundings of its two ends.
#define WINDOW_BASE 0x20000000u
#define WINDOW_PAGE 0x1000u

static inline uint32_t case_random(uint32_t* state) {  // xorshift32
  *state ^= *state << 13;
  *state ^= *state >> 17;
  *state ^= *state << 5;
  return *state;
}

// r[0] to r[14].
static inline void case_registers(uint32_t seed, uint32_t* r) {
  uint32_t state = seed * 2654435761u + 1;
  for (int i = 0; i < 8; ++i) (void)case_random(&state);
  for (int i = 0; i < 15; ++i) {
    const uint32_t kind = case_random(&state) % 8;
    const uint32_t number = case_random(&state);
    const uint32_t end = WINDOW_BASE + WINDOW_PAGE * (1 + (number >> 16) % 2);
    uint32_t value = end + number % 160 - 80;
    if (kind == 0) value = number % 16;
    if (kind == 1) value = number % 256;
    if (kind == 2) value = 0u - number % 64;
    if (kind >= 3 && kind < 6) value &= ~3u;
    r[i] = value;
  }
}
