// measure FILE COMMAND [ARGUMENT...]: runs the command on the host and writes one line into FILE:
//   exit|signal NUMBER ms WALL rss PEAK-KIB cpu SECONDS
// Exits as a shell would: with the command's status, or 128 + the signal. For tests and ./dev bench; needs nothing but
// libc.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static double seconds(struct timeval t) { return (double)t.tv_sec + (double)t.tv_usec * 1e-6; }

int main(int argc, char** argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: measure FILE COMMAND [ARGUMENT...]\n");
    return 2;
  }
  const double start = now_ms();
  const pid_t child = fork();
  if (child < 0) {
    perror("measure: fork");
    return 126;
  }
  if (child == 0) {
    execvp(argv[2], argv + 2);
    perror(argv[2]);
    _exit(127);
  }
  int status;
  struct rusage usage;
  if (wait4(child, &status, 0, &usage) != child) {
    perror("measure: wait4");
    return 126;
  }
  const double ms = now_ms() - start;
  const int killed = WIFSIGNALED(status), number = killed ? WTERMSIG(status) : WEXITSTATUS(status);
  FILE* const out = fopen(argv[1], "w");
  if (!out ||
      fprintf(out, "%s %d ms %.3f rss %ld cpu %.3f\n", killed ? "signal" : "exit", number, ms, usage.ru_maxrss,
              seconds(usage.ru_utime) + seconds(usage.ru_stime)) < 0 ||
      fclose(out) != 0) {
    perror(argv[1]);
    return 126;
  }
  return killed ? 128 + number : number;
}
