// Proves: a timer that cannot be armed is refused, and a warning says so: alarm() has no way to.
#include <errno.h>
#include <sys/time.h>

#include "guest.h"

int main(void) {
  struct itimerval timer = {{0, 0}, {0, 0}};
  check(setitimer(ITIMER_REAL, &timer, 0) == 0, "a timer is disarmed");
  timer.it_value.tv_sec = 100;
  check(setitimer(ITIMER_REAL, &timer, 0) == -1 && errno == ENOSYS, "arming one gives ENOSYS");
  return finish();
}
