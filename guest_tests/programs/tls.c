// Proves: thread-local storage: initial values, zeroes, alignment, addresses off the TLS register (TPIDRURO).
#include <errno.h>
#include <stdint.h>

#include "guest.h"

static __thread int number = 41;
static __thread char text[24] = "thread-local text";
static __thread long long wide __attribute__((aligned(64))) = 0x1122334455667788LL;
static __thread unsigned char zeroes[5000];
static __thread double real = 2.5;

static uintptr_t thread_pointer(void) {
  uintptr_t tp;
  __asm__ volatile("mrc p15, 0, %0, c13, c0, 3" : "=r"(tp));
  return tp;
}

int main(void) {
  number++;
  check(number == 42, "initialised variable");
  check(strcmp(text, "thread-local text") == 0, "initialised array");
  check(wide == 0x1122334455667788LL && ((uintptr_t)&wide & 63) == 0, "aligned to 64 bytes");
  int sum = 0;
  for (unsigned i = 0; i < sizeof zeroes; i++) sum += zeroes[i];
  check(sum == 0, "5000 bytes of zero, over more than a page");
  memset(zeroes, 1, sizeof zeroes);
  for (unsigned i = 0; i < sizeof zeroes; i++) sum += zeroes[i];
  check(sum == 5000, "they can be written");
  check(real == 2.5, "a double");
  errno = 0;
  check(close(-1) == -1 && errno == EBADF, "errno lives there too");
  const uintptr_t tp = thread_pointer();
  check(tp != 0 && (tp & 7) == 0, "TPIDRURO is set and aligned");
  check((uintptr_t)&number > tp && (uintptr_t)&number - tp < 16384, "variables lie above it (variant 1)");
  return finish();
}
