// Proves: page faults inside Thumb-2 IT blocks: the block goes on where it stopped, with its conditions, the flags and
// every register as they were; skipped instructions touch nothing. Each slot of ITTTT and ITETE faults once. [M-64]
#include <stdint.h>

#include "guest.h"

enum { PAGES = 12 };
static char* area;

static void prepare(void) {
  munmap(area, PAGES * PAGE);
  if (mmap(area, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != area)
    _exit(2);
}

static uint32_t word(int page, int offset) {
  uint32_t w;
  memcpy(&w, area + page * PAGE + offset, 4);
  return w;
}

// Four stores, of which the second and fourth cross from one untouched page into the next.
static unsigned four_stores(unsigned key) {
  unsigned flags;
  __asm__ volatile(
      "cmp   %1, #1\n\t"
      "itttt eq\n\t"
      "streq %2, [%3, #16]\n\t"
      "streq %2, [%4, #-2]\n\t"
      "strheq %2, [%5, #-1]\n\t"
      "streq %2, [%6, #-3]\n\t"
      "mrs   %0, apsr"
      : "=r"(flags)
      : "r"(key), "r"(0xa1b2c3d4u), "r"(area), "r"(area + 2 * PAGE), "r"(area + 4 * PAGE), "r"(area + 6 * PAGE)
      : "cc", "memory");
  return flags >> 28;
}

// Then, else, then, else: only two of the four run, whichever way the comparison goes.
static unsigned then_else(unsigned key, uint32_t* low, uint32_t* high) {
  unsigned flags, a = 0x1111, b = 0x2222;
  __asm__ volatile(
      "cmp   %3, #5\n\t"
      "itete hi\n\t"
      "strhi %5, [%4, #-2]\n\t"
      "strls %5, [%6, #-2]\n\t"
      "ldrhi %1, [%4, #-2]\n\t"
      "ldrls %2, [%6, #-2]\n\t"
      "mrs   %0, apsr"
      : "=&r"(flags), "+&r"(a), "+&r"(b)
      : "r"(key), "r"(area + 2 * PAGE), "r"(0x55667788u), "r"(area + 8 * PAGE)
      : "cc", "memory");
  *low = a;
  *high = b;
  return flags >> 28;
}

// Load and store multiple with write-back in a block, each on an untouched page, then an add on the else side.
static uint32_t multiples(unsigned key, char** from, char** to, uint32_t sum) {
  register char* source __asm__("r0") = *from;
  register char* target __asm__("r1") = *to;
  register uint32_t total __asm__("r6") = sum;
  register unsigned k __asm__("r7") = key;
  __asm__ volatile(
      "cmp    r7, #0\n\t"
      "ittte  ne\n\t"
      "ldmne  r0!, {r2, r3}\n\t"
      "stmne  r1!, {r2, r3}\n\t"
      "addne  r6, r6, #1\n\t"
      "addeq  r6, r6, #100\n\t"
      : "+r"(source), "+r"(target), "+r"(total)
      : "r"(k)
      : "r2", "r3", "cc", "memory");
  *from = source;
  *to = target;
  return total;
}

// The fault happens in the last slot, a 16-bit instruction, and the next instruction is outside of the block.
static unsigned last_slot(unsigned key) {
  unsigned out = 7;
  __asm__ volatile(
      "cmp   %1, #9\n\t"
      "ittt  ge\n\t"
      "addge %0, %0, #1\n\t"
      "addge %0, %0, #1\n\t"
      "strge %0, [%2]\n\t"
      "adds  %0, %0, #10\n\t"
      : "+l"(out)
      : "l"(key), "l"(area + 3 * PAGE)
      : "cc", "memory");
  return out;
}

int main(void) {
  area = fresh(PAGES, PROT_READ | PROT_WRITE);
  enum { N = 8, Z = 4, C = 2 };

  prepare();
  unsigned flags = four_stores(1);
  check(flags == (Z | C), "ITTTT taken: flags survive four faults");
  check(word(0, 16) == 0xa1b2c3d4u, "slot 1: store inside an untouched page");
  check(word(1, PAGE - 2) == 0xa1b2c3d4u, "slot 2: store across two untouched pages");
  check((word(3, PAGE - 1) & 0xffff) == 0xc3d4u, "slot 3: halfword across two untouched pages");
  check(word(5, PAGE - 3) == 0xa1b2c3d4u, "slot 4: store across two untouched pages");

  prepare();
  flags = four_stores(0);
  check(flags == N, "ITTTT not taken: flags");
  uint32_t any = 0;
  for (int i = 0; i < PAGES * PAGE; i += 4) any |= word(0, i);
  check(any == 0, "ITTTT not taken: nothing stored");

  for (int round = 0; round < 3; round++) {
    uint32_t a, b;
    prepare();
    flags = then_else(6, &a, &b);
    check(flags == C && a == 0x55667788u && b == 0x2222 && word(7, PAGE - 2) == 0, "ITETE: the then side");
    prepare();
    flags = then_else(4, &a, &b);
    check(flags == N && b == 0x55667788u && a == 0x1111 && word(1, PAGE - 2) == 0, "ITETE: the else side");
  }

  prepare();
  char *from = area + PAGE - 4, *to = area + 9 * PAGE - 4;
  uint32_t sum = multiples(1, &from, &to, 0);
  check(sum == 1 && from == area + PAGE + 4 && to == area + 9 * PAGE + 4, "LDM and STM in a block: write-back once");
  sum = multiples(0, &from, &to, sum);
  check(sum == 101 && from == area + PAGE + 4 && to == area + 9 * PAGE + 4, "the else side moves nothing");
  const uint32_t pattern[2] = {0x01020304u, 0x05060708u};
  memcpy(area + PAGE - 4, pattern, 8);
  from = area + PAGE - 4;
  to = area + 11 * PAGE - 4;
  sum = multiples(1, &from, &to, sum);
  check(sum == 102 && memcmp(area + 11 * PAGE - 4, pattern, 8) == 0, "STM across two untouched pages in a block");

  prepare();
  check(last_slot(9) == 19 && word(3, 0) == 9, "a fault in the last slot: what follows is unconditional");
  prepare();
  check(last_slot(8) == 17 && word(3, 0) == 0, "and when the block was skipped");

  uint32_t total = 0;
  for (unsigned i = 0; i < 200; i++) {
    prepare();
    total = total * 31 + four_stores(i & 1) + word(5, PAGE - 3) + last_slot(i % 12) + word(3, 0);
  }
  printf("200 rounds: %08x\n", total);
  return finish();
}
