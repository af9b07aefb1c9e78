// Proves, together with faults.sh: how many faults an action takes, by kind (section 8 of the soft-dirty
// specification). Does the action on N pages. The numbers for N pages less those for none, both of the same run of all
// else, are exact.
#include "sd.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const char* const what = argv[1];
  const int n = atoi(argv[2]);
  const int zero = open_or_die("/dev/zero", O_RDONLY);
  char* const p = at(0x50000000, 256, RW);
#define EACH(action) \
  for (int i = 0; i < n; i++) action(p + i * PAGE)
  EACH(store);  // one first-touch each
  clear();
  if (strcmp(what, "nothing") == 0) {
  } else if (strcmp(what, "load") == 0) {
    EACH(load);
  } else if (strcmp(what, "store") == 0) {
    EACH(store);
  } else if (strcmp(what, "store-store") == 0) {
    EACH(store);
    EACH(store);
  } else if (strcmp(what, "load-store") == 0) {
    EACH(load);
    EACH(store);
  } else if (strcmp(what, "store-clear-store") == 0) {
    EACH(store);
    clear();
    EACH(store);
  } else if (strcmp(what, "read") == 0) {
    if (read(zero, p, (size_t)n * PAGE) != n * PAGE) return 1;
  } else if (strcmp(what, "read-store") == 0) {
    if (read(zero, p, (size_t)n * PAGE) != n * PAGE) return 1;
    EACH(store);
  } else if (strcmp(what, "remap") == 0) {
    munmap(p, 256 * PAGE);
    at(0x50000000, 256, RW);
  } else if (strcmp(what, "mprotect-store") == 0) {
    mprotect(p, 256 * PAGE, PROT_READ);
    mprotect(p, 256 * PAGE, RW);
    EACH(store);
  } else if (strcmp(what, "dontneed-load") == 0) {
    madvise(p, 256 * PAGE, MADV_DONTNEED);
    EACH(load);
  } else if (strcmp(what, "dontneed-load-store") == 0) {
    madvise(p, 256 * PAGE, MADV_DONTNEED);
    EACH(load);
    EACH(store);
  } else if (strcmp(what, "dontneed-store") == 0) {
    madvise(p, 256 * PAGE, MADV_DONTNEED);
    EACH(store);
  } else if (strcmp(what, "move-store") == 0) {
    char* const q = mremap(p, 256 * PAGE, 256 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, (void*)0x52000000);
    for (int i = 0; i < n; i++) store(q + i * PAGE);
  } else {
    return 2;
  }
  return 0;
}
