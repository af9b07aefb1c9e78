// Proves: soft-dirty and changing code in one page: a store to an executable page is tracked and the new code runs; a
// page of code that only runs stays clean.
#include "sd.h"

typedef int (*function)(void);

int main(void) {
  uint32_t* const code = (uint32_t*)lonely(2, RW | PROT_EXEC);
  function call = (function)(uintptr_t)code;
  int good = 0, dirty = 0, clean = 0;
  code[1] = 0xe12fff1e;  // bx lr
  for (uint32_t n = 0; n < 200; n++) {
    code[0] = 0xe3a00000 | n;  // mov r0, #n
    __builtin___clear_cache((char*)code, (char*)(code + 2));
    dirty += sd(code);
    good += call() == (int)n;
    clear();
    good += call() == (int)n;
    clean += !sd(code);
  }
  expect("S-60", "200 times: rewritten code is soft-dirty", dirty, 200);
  expect("S-57", "200 times: code that only runs is not", clean, 200);
  expect("S-60", "400 calls: the newest code ran", good, 400);

  // The store and the code it changes lie in the same page: a loop that counts in a word behind itself.
  static const uint32_t loop[] = {0xe59f1018,  // ldr r1, [pc, #24]  -> the counter, at +32
                                  0xe2811001,  // add r1, r1, #1
                                  0xe58f1010,  // str r1, [pc, #16]
                                  0xe3510064,  // cmp r1, #100
                                  0x1afffffa,  // bne back to the ldr
                                  0xe1a00001,  // mov r0, r1
                                  0xe12fff1e,  // bx lr
                                  0,          0};
  memcpy(code, loop, sizeof loop);
  __builtin___clear_cache((char*)code, (char*)code + sizeof loop);
  clear();
  expect("S-60", "a loop that stores into its own page", call(), 100);
  expect("S-60", "dirties it", sd(code), 1);
  return finish();
}
