// Proves: instructions fetched across a page boundary, with the second page, or both, first touched by the fetch
// itself.
#include <stdint.h>

#include "guest.h"

typedef int (*function)(int);

static int file;
static char* writer;

// Two pages, seen for the first time by whoever executes them; CODE lies OFFSET bytes before the boundary.
static char* code_at(const void* code, unsigned size, int offset) {
  memset(writer, 0xff, 2 * PAGE);
  memcpy(writer + PAGE - offset, code, size);
  char* const p = mmap(0, 2 * PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
  if (p == MAP_FAILED) _exit(2);
  __builtin___clear_cache(p, p + 2 * PAGE);
  return p + PAGE - offset;
}

int main(void) {
  file = memfd_create("code", 0);
  if (file < 0 || ftruncate(file, 2 * PAGE) != 0) return 2;
  writer = mmap(0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  // add.w r0, r0, #1 (32 bits); adds r0, #2; movw r1, #1000 (32 bits); add r0, r1; bx lr
  static const uint16_t thumb[] = {0xf100, 0x0001, 0x3002, 0xf240, 0x31e8, 0x4408, 0x4770};
  char what[80];
  for (int offset = 2; offset <= 12; offset += 2) {
    char* const p = code_at(thumb, sizeof thumb, offset);
    snprintf(what, sizeof what, "Thumb-2, %d bytes before the boundary", offset);
    check(((function)((uintptr_t)p | 1))(5) == 1008, what);
  }
  // add r0, r0, #1; add r0, r0, #2; movw r1, #1000; add r0, r0, r1; bx lr
  static const uint32_t arm[] = {0xe2800001, 0xe2800002, 0xe30013e8, 0xe0800001, 0xe12fff1e};
  for (int offset = 4; offset <= 16; offset += 4) {
    char* const p = code_at(arm, sizeof arm, offset);
    snprintf(what, sizeof what, "A32, %d bytes before the boundary", offset);
    check(((function)(uintptr_t)p)(5) == 1008, what);
  }
  // An IT block over the boundary: cmp r0, #5; ittee eq; addeq r0, #10; addeq.w r0, r0, #100; movne r0, #1; addne r0,
  // #1; bx lr
  static const uint16_t block[] = {0x2805, 0xbf07, 0x300a, 0xf100, 0x0064, 0x2001, 0x3001, 0x4770};
  for (int offset = 2; offset <= 14; offset += 2) {
    char* const p = code_at(block, sizeof block, offset);
    snprintf(what, sizeof what, "an IT block, %d bytes before the boundary", offset);
    check(((function)((uintptr_t)p | 1))(5) == 115 && ((function)((uintptr_t)p | 1))(6) == 2, what);
  }
  // A literal on the next page: ldr r0, [pc, #4]; bx lr; -; literal
  static const uint32_t literal[] = {0xe59f0004, 0xe12fff1e, 0, 0x12345678};
  char* const p = code_at(literal, sizeof literal, 12);
  check(((function)(uintptr_t)p)(0) == 0x12345678, "a literal on the page that nobody has touched");
  return finish();
}
