// Proves: the whole point of lpaemu. Clear the soft-dirty bits, write to some pages in different ways, read back which.
// Expected output: by rules S-26 (fresh mapping), S-57 (clear), S-60 and section 6 (user and kernel stores) of the
// soft-dirty specification. qemu-arm has no soft-dirty tracking, so this cannot be recorded there.
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES = 16 };

static char* region;

static char* page(int n) { return region + n * PAGE; }

// ---- the ways to write (or not to write), each one instruction that counts

static void store_word(char* p) { __asm__ volatile("str %1, [%0]" ::"r"(p + 0x10), "r"(1) : "memory"); }

static void store_byte(char* p) { __asm__ volatile("strb %1, [%0]" ::"r"(p + 0xfff), "r"(2) : "memory"); }

static void store_multiple(char* p) { __asm__ volatile("stm %0, {r4, r5, r6, r8}" ::"r"(p + 0x40) : "memory"); }

static void store_vector(char* p) {
  __asm__ volatile(".fpu neon\n\tvmov.i8 q0, #7\n\tvmov.i8 q1, #9\n\tvst1.8 {d0-d3}, [%0]" ::"r"(p + 0x80) : "memory");
}

static void store_across(char* p) {  // two bytes in page p, two in the next
  __asm__ volatile("str %1, [%0]" ::"r"(p + PAGE - 2), "r"(0x04030201) : "memory");
}

static void store_exclusive(char* p) {
  unsigned value, failed;
  __asm__ volatile("1: ldrex %0, [%2]\n\tadd %0, %0, #1\n\tstrex %1, %0, [%2]\n\tcmp %1, #0\n\tbne 1b"
                   : "=&r"(value), "=&r"(failed)
                   : "r"(p + 0x100)
                   : "cc", "memory");
}

static void load_word(char* p) {
  unsigned value;
  __asm__ volatile("ldr %0, [%1]" : "=r"(value) : "r"(p) : "memory");
}

static void read_into(char* p) {
  const int zero = open("/dev/zero", O_RDONLY);
  if (zero < 0 || read(zero, p, 64) != 64) exit(2);
  close(zero);
}

static void nothing(char* p) { (void)p; }

static const struct {
  void (*act)(char*);
  const char* what;
  int spans, dirty;
} plan[] = {
    {nothing, "nothing", 1, 0},
    {store_word, "STR    [p+0x010]          one word", 1, 1},
    {store_byte, "STRB   [p+0xfff]          the last byte", 1, 1},
    {nothing, "nothing", 1, 0},
    {store_multiple, "STM    [p+0x040]          four registers", 1, 1},
    {load_word, "LDR    [p+0x000]          a load dirties nothing", 1, 0},
    {store_vector, "VST1.8 [p+0x080]          32 bytes from NEON", 1, 1},
    {nothing, "nothing", 1, 0},
    {store_across, "STR    [p+0xffe]          half of it in the next page", 2, 1},
    {nothing, "nothing", 1, 0},
    {store_exclusive, "STREX  [p+0x100]          an atomic increment", 1, 1},
    {nothing, "nothing", 1, 0},
    {read_into, "read(2) from /dev/zero    the kernel writes", 1, 1},
    {nothing, "nothing", 2, 0},
};

// ---- soft-dirty

static uint64_t entries[PAGES];

static void read_pagemap(void) {
  const int fd = open("/proc/self/pagemap", O_RDONLY);
  const off_t at = (off_t)((uintptr_t)region / PAGE * sizeof entries[0]);
  if (fd < 0 || pread(fd, entries, sizeof entries, at) != (ssize_t)sizeof entries) {
    perror("softdirty_demo: /proc/self/pagemap");
    exit(2);
  }
  close(fd);
}

static int soft_dirty(int n) { return (int)(entries[n] >> 55 & 1); }

static void clear_soft_dirty(void) {
  const int fd = open("/proc/self/clear_refs", O_WRONLY);
  if (fd < 0 || write(fd, "4", 1) != 1) {
    perror("softdirty_demo: /proc/self/clear_refs");
    exit(2);
  }
  close(fd);
}

static int show(const char* when) {
  int count = 0;
  read_pagemap();
  printf("  %-36s ", when);
  for (int n = 0; n < PAGES; n++) {
    printf("%s ", soft_dirty(n) ? "■" : "·");
    count += soft_dirty(n);
  }
  printf("  %2d dirty\n", count);
  return count;
}

int main(void) {
  region =
      mmap((void*)0x60000000, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  if (region == MAP_FAILED) return 2;
  for (int n = 0; n < PAGES; n++) page(n)[0] = 1;

  printf("Which pages does this ARM program write to?    %d pages at %p\n\n", PAGES, (void*)region);
  printf("  %-36s ", "page");
  for (int n = 0; n < PAGES; n++) printf(n < PAGES - 1 ? "%x " : "%x\n", n);
  show("new, every page written once");
  clear_soft_dirty();
  show("echo 4 > /proc/self/clear_refs");
  for (int n = 0, i = 0; n < PAGES; n += plan[i].spans, i++) plan[i].act(page(n));
  const int count = show("after the accesses below");

  int wrong = 0;
  printf("\n  page          access                                                  bit 55\n");
  for (int n = 0, i = 0; n < PAGES; i++) {
    for (int k = 0; k < plan[i].spans; k++, n++) {
      const int ok = soft_dirty(n) == plan[i].dirty;
      wrong += !ok;
      if (plan[i].act == nothing && ok) continue;
      printf("  %x %p  %-55s %d%s\n", n, (void*)page(n),
             k ? "STR    [p-0x002]          the other half of that store" : plan[i].what, soft_dirty(n),
             ok ? "" : "  WRONG");
    }
  }
  if (wrong == 0) {
    printf("\n%d of %d pages are soft-dirty: exactly the ones that were written.\n", count, PAGES);
  } else {
    printf("\n%d of %d pages have the wrong soft-dirty bit: no tracking here?\n", wrong, PAGES);
  }
  return wrong != 0;
}
