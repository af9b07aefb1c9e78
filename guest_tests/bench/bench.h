// Shared harness: every program has 1-2 sub-benchmarks, each with a pinned checksum.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
typedef struct {
  const char* name;
  void (*init)(void);         // not timed (first touch happens here)
  uint32_t (*run)(uint32_t);  // timed; returns the checksum
  uint32_t reps;              // work amount at scale 1
  uint32_t expect;            // checksum at scale 1
} bench_t;
static inline uint32_t mix(uint32_t h, uint32_t v) {
  h ^= v;
  h *= 0x01000193u;
  return h ^ (h >> 15);
}
static inline uint32_t rng(uint32_t* s) {
  uint32_t x = *s;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  return *s = x;
}
static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec * 1e-6;
}
#define BENCH_MAIN(LIST)                                                                                    \
  int main(int argc, char** argv) {                                                                         \
    const char* only = argc > 1 ? argv[1] : 0;                                                              \
    int bad = 0;                                                                                            \
    for (size_t i = 0; i < sizeof LIST / sizeof LIST[0]; i++) {                                             \
      const bench_t* b = &LIST[i];                                                                          \
      if (only && strcmp(only, b->name)) continue;                                                          \
      if (b->init) b->init();                                                                               \
      double t0 = now_ms();                                                                                 \
      uint32_t s = b->run(b->reps);                                                                         \
      double t1 = now_ms();                                                                                 \
      int ok = s == b->expect;                                                                              \
      bad |= !ok;                                                                                           \
      printf("BENCH %s ms=%.2f sum=%08x exp=%08x %s\n", b->name, t1 - t0, s, b->expect, ok ? "OK" : "BAD"); \
    }                                                                                                       \
    return bad;                                                                                             \
  }
