// What the soft-dirty guests share. Rule ids (S-26, ...) are those of the soft-dirty specification in docs/; every line
// a guest prints names the rule that it checks. qemu-arm has no soft-dirty tracking, so all expectations follow from
// rules.
#pragma once
#define _FILE_OFFSET_BITS 64
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "../programs/guest.h"

// Bits of a pagemap entry (S-21). Bits 0-54 are a frame number here; flags() leaves them out.
#define PM_SOFT_DIRTY (UINT64_C(1) << 55)
#define PM_EXCLUSIVE (UINT64_C(1) << 56)
#define PM_FILE (UINT64_C(1) << 61)
#define PM_SWAPPED (UINT64_C(1) << 62)
#define PM_PRESENT (UINT64_C(1) << 63)
#define PM_PFN ((UINT64_C(1) << 55) - 1)

static inline int open_or_die(const char* name, int flags) {
  const int fd = open(name, flags);
  if (fd < 0) {
    perror(name);
    exit(2);
  }
  return fd;
}

static inline int pagemap(void) {
  static int fd = -1;
  if (fd < 0) fd = open_or_die("/proc/self/pagemap", O_RDONLY);
  return fd;
}

static inline uint64_t entry(const volatile void* p) {
  uint64_t e;
  if (pread(pagemap(), &e, sizeof e, (off_t)((uintptr_t)p / PAGE) * 8) != sizeof e) {
    printf("FAIL no pagemap entry for %p\n", (const void*)p);
    exit(2);
  }
  return e;
}

static inline uint64_t flags(const volatile void* p) { return entry(p) & ~PM_PFN; }
static inline int sd(const volatile void* p) { return (entry(p) & PM_SOFT_DIRTY) != 0; }

static inline void clear_refs(const char* what) {
  static int fd = -1;
  if (fd < 0) fd = open_or_die("/proc/self/clear_refs", O_WRONLY);
  if (write(fd, what, strlen(what)) != (ssize_t)strlen(what)) {
    printf("FAIL clear_refs %s\n", what);
    exit(2);
  }
}
static inline void clear(void) { clear_refs("4"); }

static inline void expect(const char* rule, const char* what, long long got, long long want) {
  if (got == want) {
    printf("ok   %s %s: %lld\n", rule, what, got);
  } else {
    printf("FAIL %s %s: %lld, expected %lld\n", rule, what, got, want);
    guest_failures++;
  }
}

static inline void expect_entry(const char* rule, const char* what, uint64_t got, uint64_t want) {
  if (got == want) {
    printf("ok   %s %s: 0x%016llx\n", rule, what, (unsigned long long)got);
  } else {
    printf("FAIL %s %s: 0x%016llx, expected 0x%016llx\n", rule, what, (unsigned long long)got,
           (unsigned long long)want);
    guest_failures++;
  }
}

static inline void store(volatile char* p) { *p = 7; }  // and no load
static inline void load(volatile char* p) { (void)*p; }

// A mapping at a place of its own with nothing next to it, so that it merges with nothing. Areas are 64 MB apart.
enum { RW = PROT_READ | PROT_WRITE };
static inline char* at(unsigned address, int pages, int prot) {
  char* const p =
      mmap((void*)(uintptr_t)address, (size_t)pages * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  if (p == MAP_FAILED) {
    perror("mmap");
    exit(2);
  }
  return p;
}
static inline char* lonely(int pages, int prot) {
  static unsigned next = 0x20000000;
  next += 1 << 20;
  return at(next, pages, prot);
}

static inline int memfd(int pages) {
  const int fd = memfd_create("file", 0);
  if (fd < 0 || ftruncate(fd, (off_t)pages * PAGE) != 0) exit(2);
  return fd;
}
static inline char* map_file(int fd, int pages, int prot, int how) {
  static unsigned next = 0x40000000;
  next += 1 << 20;
  char* const p = mmap((void*)(uintptr_t)next, (size_t)pages * PAGE, prot, how | MAP_FIXED, fd, 0);
  if (p == MAP_FAILED) exit(2);
  return p;
}

// Which of the two behaviours is asked for: `lpaemu run --soft-dirty=documented|kernel`. The guest is told by argument.
static inline int documented(int argc, char** argv) {
  if (argc == 2 && strcmp(argv[1], "documented") == 0) return 1;
  if (argc == 2 && strcmp(argv[1], "kernel") == 0) return 0;
  fprintf(stderr, "usage: %s documented|kernel\n", argv[0]);
  exit(2);
}

// The VmFlags line of smaps for the mapping that holds this address contains these two letters?
static inline int smaps_has(const void* address, const char* letters) {
  FILE* const f = fopen("/proc/self/smaps", "r");
  char line[512];
  int here = 0, found = -1;
  while (f && fgets(line, sizeof line, f)) {
    unsigned long start, end;
    if (sscanf(line, "%lx-%lx ", &start, &end) == 2) here = (uintptr_t)address >= start && (uintptr_t)address < end;
    if (here && strncmp(line, "VmFlags:", 8) == 0) {
      char token[8];
      snprintf(token, sizeof token, " %s ", letters);
      line[strcspn(line, "\n")] = ' ';  // the list ends in a space anyway
      found = strstr(line, token) != NULL;
    }
  }
  if (f) fclose(f);
  return found;
}
