// Proves: a program that dies on purpose ends the run with one clear line and the status of its signal. The first
// argument says how; each way is a function of its own, so that the report can name it.
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>

#include "guest.h"

static volatile uint32_t* volatile nowhere = (uint32_t*)8;
static const char constant[] = "read-only";
static uint32_t code_in_data[2] = {0xe3a00000u, 0xe12fff1eu};  // mov r0, #0; bx lr

#define WAY static void __attribute__((noinline))

WAY null_read(void) { printf("%u", nowhere[0]); }
WAY null_write(void) { nowhere[0] = 1; }
WAY kernel_read(void) { printf("%u", *(volatile uint32_t*)0xc0001000u); }
WAY kernel_top(void) { *(volatile uint32_t*)0xfffffffcu = 1; }
WAY vectors_write(void) { *(volatile uint32_t*)0xffff0ff0u = 1; }
WAY write_constant(void) { *(volatile char*)(uintptr_t)constant = 'X'; }
WAY write_text(void) { *(volatile uint32_t*)((uintptr_t)write_text & ~3u) = 0; }
WAY jump_data(void) { ((void (*)(void))(uintptr_t)code_in_data)(); }
WAY jump_stack(void) {
  volatile uint32_t code[2] = {0xe3a00000u, 0xe12fff1eu};
  ((void (*)(void))(uintptr_t)code)();
}
WAY jump_null(void) { ((void (*)(void))(uintptr_t)(nowhere - 2))(); }
WAY jump_nowhere(void) { ((void (*)(void))0x70000000)(); }
WAY undefined_arm(void) {
  __asm__ volatile("adr r3, 1f\n\tbic r3, r3, #3\n\tbx r3\n\t.align 2\n1: .inst.w 0xffffffff" ::: "r3");
}
WAY undefined_thumb(void) { __asm__ volatile("udf #42"); }
WAY breakpoint(void) { __asm__ volatile("bkpt #1"); }
WAY privileged(void) { __asm__ volatile("mrc p15, 0, r0, c1, c0, 0" ::: "r0"); }  // SCTLR
WAY no_rights(void) { *(volatile char*)fresh(1, PROT_NONE) = 1; }
WAY freed(void) {
  char* const p = fresh(1, PROT_READ | PROT_WRITE);
  p[0] = 1;
  munmap(p, PAGE);
  p[1] = 2;
}
WAY behind_file(void) {
  const int fd = memfd_create("short", 0);
  if (ftruncate(fd, 100) != 0) return;
  char* const p = mmap(0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  p[4000] = 1;
  p[PAGE] = 1;
}
WAY ldrex_odd(void) {  // an unaligned exclusive [P-57]
  static uint32_t pair[2];
  unsigned value;
  __asm__ volatile("ldrex %0, [%1]" : "=r"(value) : "r"((char*)pair + 1));
}
WAY crossing(void) {  // a store of which only the second half has no page
  char* const p = fresh(2, PROT_READ | PROT_WRITE);
  munmap(p + PAGE, PAGE);
  __asm__ volatile("str %1, [%0]" ::"r"(p + PAGE - 2), "r"(-1) : "memory");
}
WAY crossing_ldrd(void) {  // a double load onto its own base, of which only the second half has no page [P-57]
  char* const p = fresh(2, PROT_READ | PROT_WRITE);
  uint32_t* const last = (uint32_t*)(p + PAGE) - 1;
  *last = 0x12345678;
  munmap(p + PAGE, PAGE);
  register uint32_t* base __asm__("r0") = last;
  __asm__ volatile("ldrd r0, r1, [r0]" : "+r"(base)::"r1", "memory");
}
WAY in_it_block(void) {
  __asm__ volatile("cmp %0, #8\n\titt eq\n\tmoveq r3, #1\n\tstreq r3, [%0]" ::"r"(nowhere) : "r3", "cc", "memory");
}
WAY abort_call(void) { abort(); }
WAY terminate(void) { raise(SIGTERM); }
WAY kill_self(void) { kill(getpid(), SIGKILL); }

static uint32_t __attribute__((noinline)) recurse(uint32_t n) {
  volatile uint32_t frame[64];
  frame[n & 63] = n;
  if (n == UINT32_MAX) return 0;
  return recurse(n + 1) + frame[n & 63];
}
WAY recursion(void) { printf("%u", recurse(0)); }

WAY loop(void) {
  printf("looping\n");
  fflush(stdout);
  for (volatile unsigned i = 0;; i++) {
  }
}
WAY tight_loop(void) {
  printf("looping\n");
  fflush(stdout);
  __asm__ volatile("1: b 1b");
}
WAY call_loop(void) {
  printf("looping\n");
  fflush(stdout);
  for (;;) getppid();
}
WAY sleeping(void) {
  printf("sleeping\n");
  fflush(stdout);
  sleep(100000);
}

// Maps without end and touches nothing: the kernel refuses some day, and the program ends by itself.
WAY map_storm(void) {
  unsigned n = 0;
  while (n < 100000 && mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED) n++;
  printf("refused %s\n", n > 16 && n < 100000 ? "after more than 16 MB" : "too early or never");
  exit(0);
}
// Touches what it maps: either mmap refuses, which ends it with status 3, or a page fault finds no memory and kills it.
WAY touch_storm(void) {
  for (;;) {
    char* const p = mmap(0, 16 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) exit(3);
    for (int i = 0; i < 16 << 20; i += PAGE) p[i] = 1;
  }
}
WAY one_large_touch(void) {
  char* const p = mmap(0, 512u << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) exit(3);
  for (unsigned i = 0; i < 512u << 20; i += PAGE) p[i] = 1;
}
WAY malloc_storm(void) {
  for (unsigned n = 0; n < 10000000; n++) {
    char* const p = malloc(50000);
    if (p == NULL) {
      static const char text[] = "malloc says no\n";
      if (write(1, text, sizeof text - 1) < 0) _exit(2);
      _exit(3);
    }
    memset(p, 1, 50000);
  }
}
WAY file_storm(void) {
  static char block[1 << 16];
  const int fd = memfd_create("storm", 0);
  if (ftruncate(fd, 0) != 0) exit(4);  // its code is in memory while there is some
  for (unsigned n = 0; n < 1000000; n++)
    if (write(fd, block, sizeof block) != (ssize_t)sizeof block) {
      if (ftruncate(fd, 0) != 0) exit(5);  // what follows may touch new pages
      printf("write says no\n");
      exit(3);
    }
}
WAY vma_storm(void) {  // as many mappings as possible, none next to one like it
  unsigned n = 0;
  while (n < 200000 && mmap((void*)(0x10000000u + n * PAGE), PAGE, n & 1 ? PROT_READ : PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED)
    n++;
  printf("refused %s\n", n > 60000 && n < 70000 ? "after about 65530 mappings" : "too early or never");
  exit(0);
}

#define ROW(f) {#f, f}
static const struct {
  const char* name;
  void (*die)(void);
} ways[] = {ROW(null_read),      ROW(null_write),      ROW(kernel_read),     ROW(kernel_top), ROW(vectors_write),
            ROW(write_constant), ROW(write_text),      ROW(jump_data),       ROW(jump_stack), ROW(jump_null),
            ROW(jump_nowhere),   ROW(undefined_arm),   ROW(undefined_thumb), ROW(breakpoint), ROW(privileged),
            ROW(no_rights),      ROW(freed),           ROW(behind_file),     ROW(ldrex_odd),  ROW(crossing),
            ROW(crossing_ldrd),
            ROW(in_it_block),    ROW(abort_call),      ROW(terminate),       ROW(kill_self),  ROW(recursion),
            ROW(loop),           ROW(tight_loop),      ROW(call_loop),       ROW(sleeping),   ROW(map_storm),
            ROW(touch_storm),    ROW(one_large_touch), ROW(malloc_storm),    ROW(file_storm), ROW(vma_storm)};

int main(int argc, char** argv) {
  for (unsigned i = 0; argc == 2 && i < sizeof ways / sizeof ways[0]; i++) {
    if (strcmp(argv[1], ways[i].name) == 0) {
      printf("about to die: %s\n", argv[1]);
      fflush(stdout);
      ways[i].die();
      printf("still alive\n");
      return 1;
    }
  }
  fprintf(stderr, "death: no such way\n");
  return 2;
}
