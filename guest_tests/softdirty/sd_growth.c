// Proves: what growth does (S-51). `documented`: pages added to the stack, or to a mapping by mremap in place, are
// soft-dirty until the next clear; `kernel`: they are only when written. Old pages keep their own bit in both.
#include "sd.h"

static char* stack_start(void) {
  FILE* const maps = fopen("/proc/self/maps", "r");
  char line[256];
  unsigned long start = 0;
  while (maps && fgets(line, sizeof line, maps))
    if (strstr(line, "[stack]")) start = strtoul(line, NULL, 16);
  if (maps) fclose(maps);
  return (char*)start;
}

int main(int argc, char** argv) {
  const int doc = documented(argc, argv);

  // ---- the stack
  clear();
  char* const old = stack_start();
  expect("S-57", "the lowest page of the stack, cleared", sd(old), 0);
  store(old - 5 * PAGE);
  expect("P-51b", "a store five pages below: the stack begins there", stack_start() == old - 5 * PAGE, 1);
  expect("S-60", "the page that was written", sd(old - 5 * PAGE), 1);
  expect("S-51", "the four pages between, untouched", sd(old - 4 * PAGE) + sd(old - PAGE), doc ? 2 : 0);
  expect("S-51", "the lowest old page", sd(old), 0);
  load(old - 7 * PAGE);
  expect("S-51", "growth by a load: that page", sd(old - 7 * PAGE), doc);
  expect("S-51", "and the one above it", sd(old - 6 * PAGE), doc);
  const int zero = open_or_die("/dev/zero", O_RDONLY);
  expect("P-51c", "growth by the kernel, read(2) below the stack", read(zero, old - 9 * PAGE, 8), 8);
  expect("S-60", "that page", sd(old - 9 * PAGE), 1);
  expect("S-51", "the one above it", sd(old - 8 * PAGE), doc);
  store(old);
  expect("S-60", "a store to the lowest old page is still tracked", sd(old), 1);
  clear();
  int left = 0;
  for (int i = -9; i <= 0; i++) left += sd(old + i * PAGE);
  expect("S-57", "all ten after a clear", left, 0);
  store(old - 5 * PAGE), store(old - 3 * PAGE);
  expect("S-60", "stores to a page written before and to a hole", sd(old - 5 * PAGE) + sd(old - 3 * PAGE), 2);
  expect("S-27", "the hole between", sd(old - 4 * PAGE), 0);

  // ---- mremap in place
  char* p = lonely(2, RW);
  store(p), store(p + PAGE);
  clear();
  store(p + PAGE);
  expect("S-51", "mremap grows it in place by three pages", mremap(p, 2 * PAGE, 5 * PAGE, 0) == p, 1);
  expect("S-51", "old page, clean", sd(p), 0);
  expect("S-51", "old page, soft-dirty", sd(p + PAGE), 1);
  expect("S-51", "new pages, untouched", sd(p + 2 * PAGE) + sd(p + 3 * PAGE) + sd(p + 4 * PAGE), doc ? 3 : 0);
  store(p + 3 * PAGE);
  expect("S-60", "a new page, written", sd(p + 3 * PAGE), 1);
  store(p);
  expect("S-60", "an old page, written: tracking goes on", sd(p), 1);
  clear();
  left = 0;
  for (int i = 0; i < 5; i++) left += sd(p + i * PAGE);
  expect("S-57", "all five after a clear", left, 0);
  store(p + 2 * PAGE);
  expect("S-60", "a store to one of the new pages", sd(p + 2 * PAGE), 1);
  expect("S-27", "its neighbour, never touched", sd(p + 4 * PAGE), 0);
  mremap(p, 5 * PAGE, 2 * PAGE, 0);
  expect_entry("S-26", "shrunk: what was cut off", entry(p + 2 * PAGE), 0);
  expect("S-53", "shrunk: what is left stays clean", sd(p) + sd(p + PAGE), 0);

  // ---- a split cuts the range of new pages, a move takes it along
  expect("S-51", "grown again by four pages", mremap(p, 2 * PAGE, 6 * PAGE, 0) == p, 1);
  munmap(p + 3 * PAGE, PAGE);
  expect("S-53", "cut in two by munmap: new pages on both sides", sd(p + 2 * PAGE) + sd(p + 4 * PAGE), doc ? 2 : 0);
  expect("S-53", "an old page", sd(p), 0);
  mprotect(p + 5 * PAGE, PAGE, PROT_READ);
  expect("S-53", "and by mprotect", sd(p + 4 * PAGE) + sd(p + 5 * PAGE), doc ? 2 : 0);
  char* const q = mremap(p, 3 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, (void*)0x59000000);
  expect("S-60", "moved: old pages that are present are set", q == (char*)0x59000000 ? sd(q) + sd(q + PAGE) : -1, 2);
  expect("S-51", "moved: the new page, a hole", sd(q + 2 * PAGE), doc);
  clear();
  expect("S-57", "a clear", sd(q) + sd(q + PAGE) + sd(q + 2 * PAGE) + sd(p + 4 * PAGE) + sd(p + 5 * PAGE), 0);
  return finish();
}
