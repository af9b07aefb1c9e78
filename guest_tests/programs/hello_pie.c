// Proves: a static PIE is loaded away from address 0, relocates itself and runs.
#include <stdint.h>
#include <stdio.h>

extern const char __ehdr_start[];

static int value = 7;
static int* const pointer = &value;  // needs a relative relocation
static int twice(int x) { return 2 * x; }
static int (*volatile function)(int) = twice;

int main(void) {
  puts("hello from a static PIE");
  printf("relocated pointer %d, relocated function %d\n", *pointer, function(21));
  printf("loaded at a page boundary, not at 0: %s\n",
         ((uintptr_t)__ehdr_start & 0xfff) == 0 && (uintptr_t)__ehdr_start != 0 ? "yes" : "no");
  return 0;
}
