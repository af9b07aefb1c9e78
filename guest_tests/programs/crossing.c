// Proves: loads and stores that cross a page boundary: contents, base write-back done once, nothing stored outside,
// with neither page, the first, the second or both touched before. Built twice: A32 and Thumb-2 code. [M-41, M-64]
#include <stdint.h>

#include "guest.h"

enum { LOW = 1, HIGH = 2 };

static char* pair;  // two fresh pages, a third one after them

static void prepare(int touched) {
  munmap(pair, 3 * PAGE);
  if (mmap(pair, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != pair) _exit(2);
  if (touched & LOW) ((volatile char*)pair)[8] = 0;
  if (touched & HIGH) ((volatile char*)pair)[2 * PAGE - 8] = 0;
}

// One store of SIZE bytes at OFFSET before the boundary; the registers hold bytes 0x11, 0x12, ... in memory order.
#define R(n) (0x14131211u + 0x04040404u * (n))
#define STORE(name, size, assembly)                                                                                   \
  static char* name(char* p) {                                                                                        \
    register uint32_t a __asm__("r4") = R(0), b __asm__("r5") = R(1), c __asm__("r6") = R(2), d __asm__("r8") = R(3); \
    __asm__ volatile(".fpu neon\n\t" assembly                                                                         \
                     : "+r"(p)                                                                                        \
                     : "r"(a), "r"(b), "r"(c), "r"(d)                                                                 \
                     : "memory", "cc", "d0", "d1", "d2", "d3");                                                       \
    return p;                                                                                                         \
  }                                                                                                                   \
  enum { name##_size = size };

#define TO_NEON "vmov d0, r4, r5\n\tvmov d1, r6, r8\n\t"
STORE(str, 4, "str r4, [%0]")
STORE(str_post, 4, "str r4, [%0], #12")
STORE(strh, 2, "strh r4, [%0]")
STORE(strd, 8, "strd r4, r5, [%0]")
STORE(strd_pre, 8, "sub %0, #16\n\tstrd r4, r5, [%0, #16]!")
STORE(stm, 16, "stm %0, {r4, r5, r6, r8}")
STORE(stm_wb, 16, "stmia %0!, {r4, r5, r6, r8}")
STORE(stmdb_wb, 16, "add %0, #16\n\tstmdb %0!, {r4, r5, r6, r8}")
STORE(vstr, 8, TO_NEON "vstr d0, [%0]")
STORE(vstm_wb, 16, TO_NEON "vstmia %0!, {d0, d1}")
STORE(vst1_8, 16, TO_NEON "vst1.8 {d0, d1}, [%0]")
STORE(vst1_32_wb, 16, TO_NEON "vst1.32 {d0, d1}, [%0]!")
STORE(vst1_64, 16, TO_NEON "vst1.64 {d0, d1}, [%0]")

#define LOAD(name, size, assembly)                                                                        \
  static char* name(char* p, uint32_t out[4]) {                                                           \
    register uint32_t a __asm__("r4") = 0, b __asm__("r5") = 0, c __asm__("r6") = 0, d __asm__("r8") = 0; \
    __asm__ volatile(".fpu neon\n\t" assembly                                                             \
                     : "+r"(p), "+r"(a), "+r"(b), "+r"(c), "+r"(d)                                        \
                     :                                                                                    \
                     : "memory", "cc", "d0", "d1", "d2", "d3");                                           \
    out[0] = a, out[1] = b, out[2] = c, out[3] = d;                                                       \
    return p;                                                                                             \
  }                                                                                                       \
  enum { name##_size = size };

#define FROM_NEON "\n\tvmov r4, r5, d0\n\tvmov r6, r8, d1"
LOAD(ldr, 4, "ldr r4, [%0]")
LOAD(ldr_post, 4, "ldr r4, [%0], #12")
LOAD(ldrh, 2, "ldrh r4, [%0]")
LOAD(ldrd, 8, "ldrd r4, r5, [%0]")
LOAD(ldm, 16, "ldm %0, {r4, r5, r6, r8}")
LOAD(ldm_wb, 16, "ldmia %0!, {r4, r5, r6, r8}")
LOAD(vldr, 8, "vldr d0, [%0]\n\tvmov r4, r5, d0")
LOAD(vldm_wb, 16, "vldmia %0!, {d0, d1}" FROM_NEON)
LOAD(vld1_8, 16, "vld1.8 {d0, d1}, [%0]" FROM_NEON)
LOAD(vld1_32_wb, 16, "vld1.32 {d0, d1}, [%0]!" FROM_NEON)

typedef char* storer(char*);
typedef char* loader(char*, uint32_t[4]);

static int contents_right(const unsigned char* at, int size) {
  for (int i = 0; i < PAGE * 2; i++) {
    const unsigned char* q = (const unsigned char*)pair + i;
    const unsigned char want = q >= at && q < at + size ? (unsigned char)(0x11 + (q - at)) : 0;
    if (*q != want) return 0;
  }
  return 1;
}

static void try_store(const char* name, storer* store, int size, int offset, int moves) {
  printf("%-11s at -%-2d", name, offset);
  for (int touched = 0; touched <= (LOW | HIGH); touched++) {
    prepare(touched);
    char *const at = pair + PAGE - offset, *const after = store(at);
    const int ok = contents_right((unsigned char*)at, size) && after == at + moves;
    printf(" %s", ok ? "ok" : "WRONG");
    guest_failures += !ok;
  }
  printf("\n");
}

static void try_load(const char* name, loader* load, int size, int offset, int moves) {
  printf("%-11s at -%-2d", name, offset);
  for (int touched = 0; touched <= (LOW | HIGH); touched++) {
    prepare(touched);
    char* const at = pair + PAGE - offset;
    uint32_t out[4], zero[4] = {0};
    char* after = load(at, out);
    int ok = after == at + moves && memcmp(out, zero, sizeof out) == 0;  // untouched: the zero page, perhaps twice
    for (int i = 0; i < size; i++)                                       // now real contents, the second page first
      at[size - 1 - i] = (char)(0x11 + size - 1 - i);
    after = load(at, out);
    ok &= after == at + moves;
    for (int i = 0; i < size; i++) ok &= ((unsigned char*)out)[i] == 0x11 + i;
    printf(" %s", ok ? "ok" : "WRONG");
    guest_failures += !ok;
  }
  printf("\n");
}

#define TRY_STORE(name, offset, moves) try_store(#name, name, name##_size, offset, moves)
#define TRY_LOAD(name, offset, moves) try_load(#name, name, name##_size, offset, moves)

int main(void) {
  pair = fresh(3, PROT_READ | PROT_WRITE);
  printf("columns: neither page, the low, the high, both touched before\n");
  for (int k = 1; k <= 3; k++) TRY_STORE(str, k, 0);
  for (int k = 1; k <= 3; k++) TRY_STORE(str_post, k, 12);
  TRY_STORE(strh, 1, 0);
  TRY_STORE(strd, 4, 0);
  TRY_STORE(strd_pre, 4, 0);
  for (int k = 4; k <= 12; k += 4) {
    TRY_STORE(stm, k, 0);
    TRY_STORE(stm_wb, k, 16);
    TRY_STORE(stmdb_wb, k, 0);
  }
  TRY_STORE(vstr, 4, 0);
  for (int k = 4; k <= 12; k += 4) TRY_STORE(vstm_wb, k, 16);
  for (int k = 1; k <= 15; k += 2) TRY_STORE(vst1_8, k, 0);
  for (int k = 4; k <= 12; k += 4) TRY_STORE(vst1_32_wb, k, 16);
  TRY_STORE(vst1_64, 8, 0);
  for (int k = 1; k <= 3; k++) TRY_LOAD(ldr, k, 0);
  for (int k = 1; k <= 3; k++) TRY_LOAD(ldr_post, k, 12);
  TRY_LOAD(ldrh, 1, 0);
  TRY_LOAD(ldrd, 4, 0);
  for (int k = 4; k <= 12; k += 4) {
    TRY_LOAD(ldm, k, 0);
    TRY_LOAD(ldm_wb, k, 16);
  }
  TRY_LOAD(vldr, 4, 0);
  for (int k = 4; k <= 12; k += 4) TRY_LOAD(vldm_wb, k, 16);
  for (int k = 1; k <= 15; k += 2) TRY_LOAD(vld1_8, k, 0);
  for (int k = 4; k <= 12; k += 4) TRY_LOAD(vld1_32_wb, k, 16);
  return finish();
}
