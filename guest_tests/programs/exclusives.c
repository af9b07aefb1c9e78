// Proves: LDREX/STREX of every size, in loops long enough for a stop to fall between the two; no increment is lost and
// CLREX, a foreign address and an interrupted pair fail as they must. [M-63]
#include <stdint.h>

#include "guest.h"

#define ADD(suffix, type)                                                                \
  static void add_##suffix(volatile type* p, unsigned times) {                           \
    while (times--) {                                                                    \
      unsigned value, failed;                                                            \
      __asm__ volatile("1: ldrex" #suffix " %0, [%2]\n\tadd %0, %0, #1\n\tstrex" #suffix \
                       " %1, %0, [%2]\n"                                                 \
                       "\tcmp %1, #0\n\tbne 1b"                                          \
                       : "=&r"(value), "=&r"(failed)                                     \
                       : "r"(p)                                                          \
                       : "cc", "memory");                                                \
    }                                                                                    \
  }
static void add_w(volatile uint32_t* p, unsigned times) {
  while (times--) {
    unsigned value, failed;
    __asm__ volatile("1: ldrex %0, [%2]\n\tadd %0, %0, #1\n\tstrex %1, %0, [%2]\n\tcmp %1, #0\n\tbne 1b"
                     : "=&r"(value), "=&r"(failed)
                     : "r"(p)
                     : "cc", "memory");
  }
}
ADD(h, uint16_t)
ADD(b, uint8_t)

static void add_d(volatile uint64_t* p, unsigned times) {
  while (times--) {
    uint64_t value;
    unsigned failed;
    __asm__ volatile(
        "1: ldrexd %Q0, %R0, [%2]\n\tadds %Q0, %Q0, #1\n\tadc %R0, %R0, #0\n\tstrexd %1, %Q0, %R0, [%2]\n"
        "\tcmp %1, #0\n\tbne 1b"
        : "=&r"(value), "=&r"(failed)
        : "r"(p)
        : "cc", "memory");
  }
}

static unsigned strex_after_clrex(volatile uint32_t* p) {
  unsigned failed, value;
  __asm__ volatile("ldrex %1, [%2]\n\tclrex\n\tstrex %0, %1, [%2]" : "=&r"(failed), "=&r"(value) : "r"(p) : "memory");
  return failed;
}

static unsigned strex_twice(volatile uint32_t* p) {
  unsigned first, second, value;
  __asm__ volatile("ldrex %2, [%3]\n\tstrex %0, %2, [%3]\n\tstrex %1, %2, [%3]"
                   : "=&r"(first), "=&r"(second), "=&r"(value)
                   : "r"(p)
                   : "memory");
  return first * 16 + second;
}

static unsigned strex_without_ldrex(volatile uint32_t* p) {
  unsigned failed;
  __asm__ volatile("clrex\n\tstrex %0, %1, [%2]" : "=&r"(failed) : "r"(5), "r"(p) : "memory");
  return failed;
}

static struct {
  volatile uint64_t d;
  volatile uint32_t w;
  volatile uint16_t h;
  volatile uint8_t b[4];
} v __attribute__((aligned(64)));

int main(void) {
  add_w(&v.w, 300000);
  check(v.w == 300000, "LDREX/STREX 300000 times");
  v.d = 0xffffff00u;
  add_d(&v.d, 300000);
  check(v.d == 0xffffff00ull + 300000, "LDREXD/STREXD 300000 times, carry into the high word");
  v.h = 1;
  add_h(&v.h, 200000);
  check(v.h == (uint16_t)200001, "LDREXH/STREXH 200000 times");
  v.b[0] = v.b[2] = 0x55;
  add_b(&v.b[1], 200000);
  check(v.b[1] == (uint8_t)200000 && v.b[0] == 0x55 && v.b[2] == 0x55, "LDREXB/STREXB 200000 times, neighbours stay");
  check(strex_after_clrex(&v.w) == 1, "STREX after CLREX fails");
  check(strex_twice(&v.w) == 1, "a second STREX without LDREX fails");
  const uint32_t before = v.w;
  check(strex_without_ldrex(&v.w) == 1 && v.w == before, "STREX alone fails and stores nothing");

  uint32_t* const untouched = (uint32_t*)fresh(4, PROT_READ | PROT_WRITE);
  for (int i = 0; i < 4; i++) add_w(untouched + i * 1024, 3);
  check(untouched[0] == 3 && untouched[1024] == 3 && untouched[2048] == 3 && untouched[3072] == 3,
        "first touch of a page by LDREX, first write by STREX");
  uint32_t sum = 0;
  for (int i = 0; i < 100000; i++) sum += __atomic_fetch_add(&v.w, 3, __ATOMIC_SEQ_CST) & 1;
  check(v.w == before + 300000 && sum == 50000, "the compiler's atomics");
  return finish();
}
