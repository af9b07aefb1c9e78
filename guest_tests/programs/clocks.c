// Proves: the clocks advance, agree with each other and do not run backwards; nanosleep sleeps; getrandom gives
// entropy.
#include <errno.h>
#include <stdint.h>
#include <sys/random.h>
#include <sys/time.h>
#include <time.h>

#include "guest.h"

static int64_t now(clockid_t clock) {
  struct timespec t;
  return clock_gettime(clock, &t) == 0 ? (int64_t)t.tv_sec * 1000000000 + t.tv_nsec : -1;
}

int main(void) {
  int64_t last = now(CLOCK_MONOTONIC);
  int backwards = last < 0;
  for (int i = 0; i < 2000; i++) {
    const int64_t t = now(CLOCK_MONOTONIC);
    backwards += t < last;
    last = t;
  }
  check(backwards == 0, "CLOCK_MONOTONIC never runs backwards");
  const struct timespec pause = {0, 20000000};
  const int64_t before = now(CLOCK_MONOTONIC);
  check(nanosleep(&pause, NULL) == 0, "nanosleep 20 ms");
  const int64_t slept = now(CLOCK_MONOTONIC) - before;
  check(slept >= 20000000 && slept < 20000000000ll, "took at least that long");
  struct timeval tv;
  check(gettimeofday(&tv, NULL) == 0 && tv.tv_sec > 1600000000, "gettimeofday: this century");
  const int64_t apart = now(CLOCK_REALTIME) / 1000000000 - time(NULL);
  check(apart >= -2 && apart <= 2, "CLOCK_REALTIME and time agree");
  struct timespec res;
  check(clock_getres(CLOCK_MONOTONIC, &res) == 0 && res.tv_sec == 0, "clock_getres");
  check(now(CLOCK_PROCESS_CPUTIME_ID) >= 0, "CPU time");
  check(clock_gettime(12345, &res) == -1 && errno == EINVAL, "no such clock: EINVAL");
  struct timespec bad = {0, 1000000000};
  check(nanosleep(&bad, NULL) == -1 && errno == EINVAL, "a whole second of nanoseconds: EINVAL");
  unsigned char one[32] = {0}, two[32] = {0};
  check(getrandom(one, 32, 0) == 32 && getrandom(two, 32, GRND_NONBLOCK) == 32, "getrandom");
  check(memcmp(one, two, 32) != 0, "and not the same twice");
  return finish();
}
