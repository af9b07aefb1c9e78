// Proves: a static PIE whose segments ask for 64 KiB alignment is loaded at a multiple of it.
#include <stdint.h>

#include "guest.h"

static _Alignas(0x10000) volatile int object = 3;

int main(void) {
  check((uintptr_t)&object % 0x10000 == 0, "an object aligned to 64 KiB");
  check(object == 3, "its value");
  return finish();
}
