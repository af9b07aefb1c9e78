// Proves: what merging does to the mapping's flag (S-54). `documented`: the merged mapping is soft-dirty if one of them
// was, as since Linux 6.19. `kernel`, 6.12: moving next to a mapping extends that one, which keeps its own flag;
// mprotect gives the whole the flag of the mapping it changed [linux mm/mprotect.c:mprotect_fixup]: a flag can get
// lost.
#include "sd.h"

static char* cleared(unsigned where, int prot) {
  char* const p = at(where, 1, RW);
  store(p);
  mprotect(p, PAGE, prot);
  clear();
  return p;
}

static char* move(char* from, unsigned to) {
  char* const p = mremap(from, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, (void*)(uintptr_t)to);
  if (p == MAP_FAILED) exit(2);
  return p;
}

static int mappings_at(const char* p) {  // how many lines of maps are there for p and the page after it?
  FILE* const maps = fopen("/proc/self/maps", "r");
  char line[256];
  int n = 0;
  while (maps && fgets(line, sizeof line, maps)) {
    unsigned long start, end;
    if (sscanf(line, "%lx-%lx", &start, &end) == 2) n += start < (uintptr_t)p + 2 * PAGE && end > (uintptr_t)p;
  }
  if (maps) fclose(maps);
  return n;
}

int main(int argc, char** argv) {
  const int doc = documented(argc, argv);
  enum { RWX = RW | PROT_EXEC };

  char* p = cleared(0x5a000000, RW);
  move(lonely(1, RW), 0x5a001000);
  expect("S-54", "a fresh mapping, moved behind a cleared one: they merge", mappings_at(p), 1);
  expect("S-54", "the cleared page", sd(p), doc);
  expect("S-54", "the fresh page", sd(p + PAGE), doc);

  p = cleared(0x5b001000, RW) - PAGE;
  move(lonely(1, RW), 0x5b000000);
  expect("S-54", "a fresh mapping, moved before a cleared one: they merge", mappings_at(p), 1);
  expect("S-54", "the fresh page", sd(p), doc);
  expect("S-54", "the cleared page", sd(p + PAGE), doc);

  p = cleared(0x5c000000, RW);
  at(0x5c001000, 1, RWX);
  expect("S-53", "next to each other, with other rights: two mappings", mappings_at(p), 2);
  expect("S-53", "the cleared page", sd(p), 0);
  expect("S-50", "the fresh page", sd(p + PAGE), 1);
  mprotect(p, PAGE, RWX);
  // [linux mm/vma.c:is_mergeable_anon_vma], 6.12: one that has pages is not swallowed by one that never had any.
  expect("S-54", "the cleared one has pages, the fresh one none: they stay two", mappings_at(p), 2);
  expect("S-54", "the cleared page", sd(p), 0);
  expect("S-54", "the fresh page", sd(p + PAGE), 1);

  p = at(0x5f000000, 1, RW);
  clear();
  at(0x5f001000, 1, RWX);
  mprotect(p, PAGE, RWX);
  expect("S-54", "a cleared one without pages gets the fresh one's rights: they merge", mappings_at(p), 1);
  expect("S-54", "the cleared page", sd(p), doc);
  expect("S-54", "the fresh page", sd(p + PAGE), doc);

  p = cleared(0x5d000000, RW);
  at(0x5d001000, 1, RWX);
  mprotect(p + PAGE, PAGE, RW);
  expect("S-54", "the fresh one gets the other's rights: they merge", mappings_at(p), 1);
  expect("S-54", "the cleared page", sd(p), 1);
  expect("S-54", "the fresh page", sd(p + PAGE), 1);

  p = cleared(0x5e000000, RW);
  char* const q = at(0x5e001000, 1, PROT_READ);
  clear();
  mprotect(q, PAGE, RW);
  expect("S-54", "two cleared ones merge", mappings_at(p), 1);
  expect("S-54", "and stay clean", sd(p) + sd(q), 0);
  store(q);
  expect("S-60", "a store to the second", sd(q) * 2 + sd(p), 2);
  clear();
  expect("S-57", "after a clear", sd(p) + sd(q), 0);
  return finish();
}
