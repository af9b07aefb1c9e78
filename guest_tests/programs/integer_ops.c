// Proves: ARMv7 integer instructions a compiler rarely chooses: divide by zero, saturation, SIMD in core registers,
// bits.
#include <stdint.h>
#include <stdio.h>

#define TWO(op, a, b)                                                                             \
  do {                                                                                            \
    uint32_t r;                                                                                   \
    __asm__ volatile(op " %0, %1, %2" : "=r"(r) : "r"((uint32_t)(a)), "r"((uint32_t)(b)) : "cc"); \
    printf("%-8s %08x %08x -> %08x\n", op, (uint32_t)(a), (uint32_t)(b), r);                      \
  } while (0)
#define ONE(op, tail, a)                                                     \
  do {                                                                       \
    uint32_t r;                                                              \
    __asm__ volatile(op " %0, " tail : "=r"(r) : "r"((uint32_t)(a)) : "cc"); \
    printf("%-8s %-14s %08x -> %08x\n", op, tail, (uint32_t)(a), r);         \
  } while (0)

int main(void) {
  static const uint32_t v[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x12345678, 0x80ff7f01};
  for (unsigned i = 0; i < 7; i++) {
    const uint32_t a = v[i], b = v[(i * 3 + 1) % 7];
    TWO("sdiv", a, b);
    TWO("udiv", a, b);
    TWO("qadd", a, b);
    TWO("qsub", a, b);
    TWO("qdadd", a, b);
    TWO("sadd16", a, b);
    TWO("uqsub8", a, b);
    TWO("shasx", a, b);
    TWO("usad8", a, b);
    TWO("smulbb", a, b);
    TWO("smmulr", a, b);
    TWO("pkhbt", a, b);
    ONE("clz", "%1", a);
    ONE("rbit", "%1", a);
    ONE("rev", "%1", a);
    ONE("rev16", "%1", a);
    ONE("revsh", "%1", a);
    ONE("ssat", "#9, %1, asr #3", a);
    ONE("usat16", "#7, %1", a);
    ONE("sbfx", "%1, #5, #11", a);
    ONE("uxtab16", "%1, %1, ror #8", a);
  }
  TWO("sdiv", 0x80000000, 0xffffffff);
  TWO("sdiv", 7, 0);
  TWO("udiv", 7, 0);
  uint32_t low = 0xffffffff, high = 0xffffffff, ge, sel;
  __asm__ volatile("umaal %0, %1, %2, %3" : "+r"(low), "+r"(high) : "r"(0xffffffffu), "r"(0xffffffffu));
  printf("umaal %08x%08x\n", high, low);
  __asm__ volatile("uadd8 %0, %2, %3\n\tsel %1, %2, %3"
                   : "=&r"(ge), "=&r"(sel)
                   : "r"(0x80ff7f01u), "r"(0x80018001u)
                   : "cc");
  printf("uadd8 %08x sel %08x\n", ge, sel);
  uint32_t flags;
  __asm__ volatile("msr apsr_nzcvq, %1\n\tqadd r3, %2, %2\n\tmrs %0, apsr"
                   : "=r"(flags)
                   : "r"(0), "r"(0x7fffffff)
                   : "r3", "cc");
  printf("sticky Q flag %u\n", flags >> 27 & 1);
  return 0;
}
