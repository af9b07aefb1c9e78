// Proves: sigaction, sigprocmask, sigaltstack and sigpending succeed, keep and give back what they were given; an
// ignored signal and a blocked one do not disturb. No handler runs here.
#include <errno.h>
#include <signal.h>

#include "guest.h"

static void handler(int number) { _exit(100 + number); }

int main(void) {
  struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART}, old;
  sigaddset(&action.sa_mask, SIGUSR2);
  check(sigaction(SIGUSR1, &action, &old) == 0 && old.sa_handler == SIG_DFL, "install a handler");
  check(sigaction(SIGUSR1, NULL, &old) == 0 && old.sa_handler == handler && (old.sa_flags & SA_RESTART) &&
            sigismember(&old.sa_mask, SIGUSR2) && !sigismember(&old.sa_mask, SIGHUP),
        "and read it back");
  errno = 0;
  check(sigaction(SIGKILL, &action, NULL) == -1 && errno == EINVAL, "not for SIGKILL: EINVAL");
  check(signal(SIGUSR1, SIG_IGN) == handler && raise(SIGUSR1) == 0, "an ignored signal is ignored");
  sigset_t set, was, pending;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  sigaddset(&set, SIGTERM);
  check(sigprocmask(SIG_BLOCK, &set, &was) == 0 && !sigismember(&was, SIGUSR2), "block two signals");
  check(sigprocmask(SIG_SETMASK, NULL, &was) == 0 && sigismember(&was, SIGUSR2) && sigismember(&was, SIGTERM),
        "read the mask");
  check(raise(SIGUSR2) == 0 && sigpending(&pending) == 0 && sigismember(&pending, SIGUSR2) &&
            !sigismember(&pending, SIGTERM),
        "a blocked one waits");
  check(signal(SIGUSR2, SIG_IGN) != SIG_ERR && sigpending(&pending) == 0 && !sigismember(&pending, SIGUSR2),
        "until it is ignored");
  check(sigprocmask(SIG_UNBLOCK, &set, NULL) == 0, "unblock");
  static char stack[16384];
  stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack}, previous;
  check(sigaltstack(&alternate, &previous) == 0 && (previous.ss_flags & SS_DISABLE), "sigaltstack");
  check(kill(getpid(), 0) == 0, "kill(self, 0)");
  return finish();
}
