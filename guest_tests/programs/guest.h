// What most guest programs share: checks that print one line each, and a way to ask the kernel whether it can
// reach an address (a signal handler would be the other way, and these programs want none).
#pragma once
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096 };

static int guest_failures;

static inline void check(int ok, const char* what) {
  printf("%s %s\n", ok ? "ok  " : "FAIL", what);
  guest_failures += !ok;
}

static inline int finish(void) {
  fflush(stdout);
  return guest_failures != 0;
}

// A fresh private anonymous mapping, anywhere.
static inline char* fresh(int pages, int prot) {
  char* p = mmap(0, (size_t)pages * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) {
    perror("mmap");
    _exit(2);
  }
  return p;
}

static inline int scratch_file(void) {
  static int fd = -1;
  if (fd < 0) fd = memfd_create("scratch", 0);
  if (fd < 0) {
    perror("memfd_create");
    _exit(2);
  }
  return fd;
}

// The kernel copies one byte from there, or says EFAULT.
static inline int readable(const void* p) { return pwrite(scratch_file(), p, 1, 0) == 1; }

// The kernel copies the byte that is there back to it, or says EFAULT.
static inline int writable(void* p) {
  return pwrite(scratch_file(), p, 1, 0) == 1 && pread(scratch_file(), p, 1, 0) == 1;
}
