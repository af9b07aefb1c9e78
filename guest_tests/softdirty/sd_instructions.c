// Proves: every kind of store dirties exactly the pages it writes to, and nothing else does: loads, prefetches, stores
// that a condition skips. After a clear every first store is a write-protect fault. Built twice: as A32 and as Thumb-2
// code.
#include "sd.h"

static char* area;  // four pages, all written once

static int dirty(void) {
  int bits = 0;
  for (int i = 0; i < 4; i++) bits |= sd(area + i * PAGE) << i;
  return bits;
}

// The instruction gets an address in %0 and r4, r5, r6, r8 as data. The bits of the last argument are the pages it
// dirties.
#define TRY(what, address, assembly, want)                                                                            \
  do {                                                                                                                \
    clear();                                                                                                          \
    register uint32_t a __asm__("r4") = 0x11, b __asm__("r5") = 0x22, c __asm__("r6") = 0x33, d __asm__("r8") = 0x44; \
    char* p = (address);                                                                                              \
    __asm__ volatile(".fpu neon\n\t" assembly                                                                         \
                     : "+r"(p), "+r"(a), "+r"(b), "+r"(c), "+r"(d)                                                    \
                     :                                                                                                \
                     : "memory", "cc", "r3", "d0", "d1", "d2", "d3");                                                 \
    expect("S-60", what, dirty(), want);                                                                              \
  } while (0)

int main(void) {
  area = lonely(4, RW);
  for (int i = 0; i < 4; i++) store(area + i * PAGE);
  char *const first = area, *const second = area + PAGE, *const third = area + 2 * PAGE, *const last = area + 3 * PAGE;
  printf("each line: the pages that are dirty afterwards, page 0 is 1, page 1 is 2, page 2 is 4, page 3 is 8\n");

  TRY("STR", second, "str r4, [%0]", 2);
  TRY("STR with an offset into the next page", second, "str r4, [%0, #4092]", 2);
  TRY("STR with a negative offset into the page before", second, "str r4, [%0, #-4]", 1);
  TRY("STRB", last, "strb r4, [%0, #4095]", 8);
  TRY("STRH", third, "strh r4, [%0, #2]", 4);
  TRY("STRD", first, "strd r4, r5, [%0, #8]", 1);
  TRY("STR, pre-indexed", first, "str r4, [%0, #16]!", 1);
  TRY("STR, post-indexed", first, "str r4, [%0], #255", 1);
  TRY("STRT", second, "strt r4, [%0]", 2);
  TRY("STM", third, "stm %0, {r4, r5, r6, r8}", 4);
  TRY("STM with write-back", third, "stmia %0!, {r4, r5, r6, r8}", 4);
  TRY("STMDB from a page boundary", third, "stmdb %0!, {r4, r5}", 2);
  TRY("VSTR", second, "vmov d0, r4, r5\n\tvstr d0, [%0]", 2);
  TRY("VSTM", second, "vmov d0, r4, r5\n\tvstmia %0!, {d0, d1}", 2);
  TRY("VST1", last, "vst1.8 {d0, d1, d2, d3}, [%0]", 8);
  TRY("VST1 of one lane", last, "vst1.8 {d0[3]}, [%0]", 8);
  TRY("VST4", last, "vst4.8 {d0, d1, d2, d3}, [%0]", 8);
  TRY("LDREX and STREX", third, "ldrex r4, [%0]\n\tstrex r3, r4, [%0]", 4);
  TRY("LDREXD and STREXD", third, "ldrexd r4, r5, [%0]\n\tstrexd r3, r4, r5, [%0]", 4);
  TRY("LDREXB and STREXB", third, "ldrexb r4, [%0]\n\tstrexb r3, r4, [%0]", 4);

  TRY("STR across a boundary", second, "str r4, [%0, #-2]", 3);
  TRY("STRH across a boundary", third, "strh r4, [%0, #-1]", 6);
  TRY("STRD across a boundary", third, "strd r4, r5, [%0, #-4]", 6);
  TRY("STM across a boundary", last - 8, "stm %0, {r4, r5, r6, r8}", 12);
  TRY("VST1 across a boundary", last - 9, "vst1.8 {d0, d1}, [%0]", 12);
  TRY("VSTM across a boundary", second - 8, "vstmia %0, {d0, d1, d2}", 3);
  clear();
  store(second);
  __asm__ volatile("str %1, [%0]" ::"r"(second - 2), "r"(5) : "memory");
  expect("S-60", "STR across a boundary, the second page dirty already", dirty(), 3);
  clear();
  store(first);
  __asm__ volatile("str %1, [%0]" ::"r"(second - 2), "r"(5) : "memory");
  expect("S-60", "STR across a boundary, the first page dirty already", dirty(), 3);
  clear();
  mprotect(third, PAGE, PROT_READ);
  __asm__ volatile("str %1, [%0]" ::"r"(second), "r"(5) : "memory");
  expect("S-60", "STR beside a read-only page", dirty(), 2);
  mprotect(third, PAGE, RW);

  TRY("LDR", second, "ldr r4, [%0]", 0);
  TRY("LDR across a boundary", second, "ldr r4, [%0, #-2]", 0);
  TRY("LDM across a boundary", last - 8, "ldm %0, {r4, r5, r6, r8}", 0);
  TRY("VLD1", third, "vld1.8 {d0, d1}, [%0]", 0);
  TRY("LDREX and CLREX", third, "ldrex r4, [%0]\n\tclrex", 0);
  TRY("PLD and PLDW", third, ".arch_extension mp\n\tpld [%0]\n\tpldw [%0]", 0);
  TRY("DMB, DSB, ISB", third, "dmb\n\tdsb\n\tisb", 0);
  TRY("STRNE, skipped", second, "cmp r4, r4\n\tit ne\n\tstrne r4, [%0]", 0);
  TRY("STREQ, taken", second, "cmp r4, r4\n\tit eq\n\tstreq r4, [%0]", 2);
  TRY("a block of four conditional stores, three taken", second,
      "cmp r4, r4\n\tittte eq\n\tstreq r4, [%0, #-4]\n\tstreq r5, [%0]\n\tstreq r6, [%0, #-2]\n\tstrne r8, [%0, #4092]",
      3);
  TRY("a block of four, each across a boundary or not", third,
      "cmp r4, r5\n\titttt lo\n\tstrlo r4, [%0, #-3]\n\tstrhlo r5, [%0, #10]\n\tstrblo r6, [%0, #-1]\n\tstrlo r8, [%0, "
      "#4092]",
      6);
  return finish();
}
