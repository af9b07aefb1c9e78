// Proves: what a debugger's tests look for: known stores and loads, aligned and not, across pages, by the kernel, in a
// loop, and a fault that kills.
#include <signal.h>
#include <stdint.h>

#include "guest.h"

volatile unsigned counter;
__attribute__((aligned(4096))) char pages[3 * PAGE];

__attribute__((noinline)) void store_word(void* where, unsigned value) {
  __asm__ volatile("str %1, [%0]" ::"r"(where), "r"(value) : "memory");
}
__attribute__((noinline)) unsigned load_word(const void* where) {
  unsigned value;
  __asm__ volatile("ldr %0, [%1]" : "=r"(value) : "r"(where) : "memory");
  return value;
}
__attribute__((noinline)) void store_pair(void* where) {
  __asm__ volatile("mov r2, #0x11\n\tmov r3, #0x22\n\tstm %0, {r2, r3}" ::"r"(where) : "r2", "r3", "memory");
}
__attribute__((noinline)) unsigned add(unsigned a, unsigned b) { return a + b; }

int main(int argc, char** argv) {
  const char what = argc > 1 ? argv[1][0] : 'a';
  if (what == 'l')
    for (;;) __asm__ volatile("");
  if (what == 'd') store_word((void*)16, 1);
  for (unsigned i = 0; i < 3; i++) counter = add(counter, i + 1);
  store_word(pages + 8, 7);                     // beside what is watched
  store_word(pages + PAGE - 2, 0xa1b2c3d4);     // across two pages
  store_pair(pages + PAGE + 4);
  unsigned sum = load_word(pages + PAGE - 1);
  const int program = open(argv[0], O_RDONLY);
  if (program < 0 || read(program, pages + 2 * PAGE, 4) != 4) return 2;  // the first bytes of an ELF file
  printf("counter %u sum %#x\n", counter, sum);
  return 0;
}
