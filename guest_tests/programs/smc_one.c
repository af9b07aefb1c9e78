// Proves: code changed through the mapping it runs from is seen after cacheflush: rewritten, patched in a loop, and
// patched by itself a few instructions ahead.
#include <stdint.h>

#include "guest.h"

typedef int (*function)(int);

static uint32_t a32_mov_r0(uint32_t n) { return 0xe3a00000u | (n & 0xff); }  // mov r0, #n
static uint32_t a32_add_r0(uint32_t n) { return 0xe2800000u | (n & 0xff); }  // add r0, r0, #n
static const uint32_t a32_bx_lr = 0xe12fff1eu;
static uint16_t t32_movs_r0(uint32_t n) { return (uint16_t)(0x2000u | (n & 0xff)); }  // movs r0, #n
static const uint16_t t32_bx_lr = 0x4770;

static void flush(void* from, unsigned size) { __builtin___clear_cache((char*)from, (char*)from + size); }

int main(void) {
  char* const page = fresh(2, PROT_READ | PROT_WRITE | PROT_EXEC);
  uint32_t* const word = (uint32_t*)page;
  uint16_t* const half = (uint16_t*)(page + 512);

  int good = 0;
  for (int n = 0; n < 256; n++) {
    word[0] = a32_mov_r0((uint32_t)n);
    word[1] = a32_bx_lr;
    flush(word, 8);
    good += ((function)(uintptr_t)word)(0) == n;
  }
  check(good == 256, "A32 function rewritten 256 times");

  good = 0;
  for (int n = 0; n < 256; n++) {
    half[0] = t32_movs_r0((uint32_t)n);
    half[1] = t32_bx_lr;
    flush(half, 4);
    good += ((function)((uintptr_t)half | 1))(0) == n;
  }
  check(good == 256, "Thumb function rewritten 256 times");

  // A function over a page boundary, of which only the second page's instruction changes.
  uint32_t* const edge = (uint32_t*)(page + PAGE - 8);
  edge[0] = a32_add_r0(1);
  edge[1] = a32_add_r0(1);
  edge[3] = a32_bx_lr;
  good = 0;
  for (int n = 0; n < 256; n++) {
    edge[2] = a32_add_r0((uint32_t)n);
    flush(edge, 16);
    good += ((function)(uintptr_t)edge)(100) == 102 + n;
  }
  check(good == 256, "patched behind a page boundary 256 times");

  // Code that replaces the instruction after its own system call.
  static const uint32_t self[] = {
      0xe92d4080,  //  0 push {r7, lr}
      0xe59f1024,  //  4 ldr  r1, [pc, #36]   -> 48: the new instruction
      0xe28f2014,  //  8 add  r2, pc, #20     -> 36
      0xe5821000,  // 12 str  r1, [r2]
      0xe1a00002,  // 16 mov  r0, r2
      0xe2821004,  // 20 add  r1, r2, #4
      0xe3a02000,  // 24 mov  r2, #0
      0xe59f700c,  // 28 ldr  r7, [pc, #12]   -> 48 + 0: see below
      0xef000000,  // 32 svc  #0              cacheflush(36, 40, 0)
      0xe3a00001,  // 36 mov  r0, #1          becomes mov r0, #99
      0xe8bd8080,  // 40 pop  {r7, pc}
      0xe1a00000,  // 44 nop
      0x000f0002,  // 48 __ARM_NR_cacheflush
      0xe3a00063,  // 52 mov  r0, #99
  };
  memcpy(page, self, sizeof self);
  word[1] = 0xe59f1028;  // the literal at 52: 4 + 8 + 40
  flush(page, sizeof self);
  check(((function)(uintptr_t)page)(0) == 99, "code that patches the instruction ahead of it");
  check(((function)(uintptr_t)page)(0) == 99, "and once more");

  // The kernel writes the code: read(2) into an executable page.
  const uint32_t code[2] = {a32_mov_r0(77), a32_bx_lr};
  word[0] = a32_mov_r0(1);
  word[1] = a32_bx_lr;
  flush(word, 8);
  const int before = ((function)(uintptr_t)word)(0);
  const int fd = scratch_file();
  const int copied = pwrite(fd, code, 8, 0) == 8 && pread(fd, word, 8, 0) == 8;
  flush(word, 8);
  check(copied && before == 1 && ((function)(uintptr_t)word)(0) == 77, "code that read(2) put there");
  return finish();
}
