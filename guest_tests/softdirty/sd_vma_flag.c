// Proves: the soft-dirty flag of whole mappings (VM_SOFTDIRTY): set by mmap, brk and exec, cleared by clear_refs 4
// only, kept by splits and mprotect (S-50, S-53, S-55 to S-57). The same in both modes of --soft-dirty.
#include "sd.h"

// Calls f for each mapping of the process but the vectors page.
static void each_mapping(void (*f)(char* start, const char* line)) {
  static char lines[64][256];  // collected first: f may change the list
  int n = 0;
  FILE* const maps = fopen("/proc/self/maps", "r");
  while (maps && n < 64 && fgets(lines[n], sizeof lines[n], maps)) n++;
  if (maps) fclose(maps);
  for (int i = 0; i < n; i++) {
    const unsigned long start = strtoul(lines[i], NULL, 16);
    if (start < 0xbf000000) f((char*)start, lines[i]);
  }
}

static int mappings, flagged, stacks, heaps;
static void count(char* start, const char* line) {
  mappings++;
  flagged += sd(start);
  stacks += strstr(line, "[stack]") != NULL && sd(start);
  heaps += strstr(line, "[heap]") != NULL && sd(start);
}

static int with_sd;
static void count_smaps(char* start, const char* line) {
  (void)line;
  with_sd += smaps_has(start, "sd");
}

int main(void) {
  free(malloc(100));  // make sure that there is a heap
  each_mapping(count);
  expect("S-50", "mappings of a new process whose first page is not soft-dirty", mappings - flagged, 0);
  expect("S-50", "its stack is, down to the last untouched page", stacks, 1);
  expect("S-50", "its heap is", heaps, 1);
  clear();
  each_mapping(count_smaps);
  expect("S-57", "mappings that smaps shows with sd after a clear", with_sd, 0);

  // ---- mmap
  char* p = lonely(4, RW);
  expect("S-50", "mmap: every page, touched or not", sd(p) + sd(p + 3 * PAGE), 2);
  load(p);
  expect("S-26", "a page that was only read", sd(p), 1);
  store(p + PAGE);
  madvise(p + PAGE, PAGE, MADV_DONTNEED);
  expect_entry("S-26", "a page that was given back", entry(p + PAGE), PM_SOFT_DIRTY);
  char* const none = lonely(2, PROT_NONE);
  expect("S-50", "mmap PROT_NONE", sd(none), 1);
  char* const file = map_file(memfd(2), 2, PROT_READ, MAP_SHARED);
  expect("S-50", "mmap of a file, shared and read-only", sd(file), 1);

  // ---- splits and mprotect keep it
  mprotect(p + PAGE, PAGE, PROT_READ);
  expect("S-53", "split by mprotect: all three parts keep it", sd(p) + sd(p + PAGE) + sd(p + 2 * PAGE), 3);
  munmap(p + 2 * PAGE, PAGE);
  expect("S-53", "split by munmap: the last part keeps it", sd(p + 3 * PAGE), 1);
  expect_entry("S-26", "the hole has none", entry(p + 2 * PAGE), 0);
  clear();
  expect("S-57", "a clear takes it from all parts", sd(p) + sd(p + PAGE) + sd(p + 3 * PAGE) + sd(none) + sd(file), 0);
  p = lonely(4, RW);
  clear();
  munmap(p + PAGE, PAGE);
  mprotect(p + 2 * PAGE, PAGE, PROT_READ);
  expect("S-53", "a cleared mapping, split in three", sd(p) + sd(p + 2 * PAGE) + sd(p + 3 * PAGE), 0);
  mprotect(p, PAGE, PROT_NONE);
  mprotect(p, PAGE, RW);
  expect("S-53", "mprotect there and back", sd(p), 0);

  // ---- a new range that merges with an old one flags all of it
  p = at(0x58000000, 2, RW);
  store(p);
  clear();
  expect("S-57", "an old mapping, cleared", sd(p) + sd(p + PAGE), 0);
  at(0x58002000, 1, RW);
  expect("S-50", "mmap right behind it: the new page", sd(p + 2 * PAGE), 1);
  expect("S-50", "and the old ones, because they merge", sd(p) + sd(p + PAGE), 2);
  clear();
  at(0x57fff000, 1, RW);
  expect("S-50", "mmap right before it: all four", sd(p - PAGE) + sd(p) + sd(p + PAGE) + sd(p + 2 * PAGE), 4);
  clear();
  at(0x58003000, 1, PROT_READ);
  expect("S-50", "mmap with other rights does not merge: the new page", sd(p + 3 * PAGE), 1);
  expect("S-53", "the old ones stay clean", sd(p) + sd(p + 2 * PAGE), 0);

  // ---- brk
  static char buffer[1024];
  setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
  fflush(stdout);
  char* const heap = (char*)(((uintptr_t)sbrk(8 * PAGE) + PAGE - 1) & ~(uintptr_t)(PAGE - 1));
  store(heap);
  clear();
  expect("S-57", "heap, cleared", sd(heap) + sd(heap + PAGE), 0);
  store(heap);
  expect("S-60", "heap, written", sd(heap), 1);
  expect("S-27", "heap, untouched", sd(heap + PAGE), 0);
  clear();
  sbrk(PAGE);
  expect("S-50", "brk grows the heap: all of it", sd(heap) + sd(heap + PAGE) + sd(heap + 7 * PAGE), 3);
  clear();
  sbrk(-2 * PAGE);
  expect("S-53", "brk shrinks it: what is left stays clean", sd(heap) + sd(heap + PAGE), 0);

  // ---- S-56
  p = lonely(1, RW);
  store(p);
  clear();
  munmap(p, PAGE);
  p = at((unsigned)(uintptr_t)p, 1, RW);
  expect("S-56", "munmap and mmap at the same place, untouched", sd(p), 1);
  p = lonely(3, RW);
  for (int i = 0; i < 3; i++) store(p + i * PAGE);
  clear();
  at((unsigned)(uintptr_t)p + PAGE, 1, PROT_READ);
  expect("S-56", "MAP_FIXED over the middle, with other rights: only that page",
         sd(p) * 4 + sd(p + PAGE) * 2 + sd(p + 2 * PAGE), 2);
  return finish();
}
