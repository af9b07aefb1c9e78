// Proves: the kuser helpers in the vectors page at 0xffff0000 work as the kernel documents them.
#include <stdint.h>

#include "guest.h"

typedef int cmpxchg_t(int oldval, int newval, volatile int* ptr);
typedef int cmpxchg64_t(const int64_t* oldval, const int64_t* newval, volatile int64_t* ptr);
typedef void barrier_t(void);
typedef void* get_tls_t(void);

int main(void) {
  cmpxchg_t* const cmpxchg = (cmpxchg_t*)0xffff0fc0;
  cmpxchg64_t* const cmpxchg64 = (cmpxchg64_t*)0xffff0f60;
  barrier_t* const barrier = (barrier_t*)0xffff0fa0;
  get_tls_t* const get_tls = (get_tls_t*)0xffff0fe0;
  const volatile int* const version = (const volatile int*)0xffff0ffc;

  printf("version %d\n", *version);
  volatile int v = 5;
  check(cmpxchg(5, 6, &v) == 0 && v == 6, "cmpxchg: equal, stored");
  check(cmpxchg(5, 7, &v) != 0 && v == 6, "cmpxchg: different, not stored");
  int done = 0;
  for (int i = 0; i < 100000; i++) {
    int old;
    do old = v;
    while (cmpxchg(old, old + 1, &v) != 0);
    done++;
  }
  check(v == 6 + done, "cmpxchg: 100000 increments");

  volatile int64_t w = 0x100000000ll;
  int64_t before = 0x100000000ll, after = -2;
  check(cmpxchg64(&before, &after, &w) == 0 && w == -2, "cmpxchg64: equal, stored");
  check(cmpxchg64(&before, &after, &w) != 0 && w == -2, "cmpxchg64: different, not stored");
  volatile int* const untouched = (volatile int*)fresh(1, PROT_READ | PROT_WRITE);
  check(cmpxchg(0, 9, untouched) == 0 && *untouched == 9, "cmpxchg: on an untouched page");
  barrier();
  check(1, "memory barrier returns");
  uintptr_t tp;
  __asm__ volatile("mrc p15, 0, %0, c13, c0, 3" : "=r"(tp));
  check((uintptr_t)get_tls() == tp && tp != 0, "get_tls: the TLS register's value");
  return finish();
}
