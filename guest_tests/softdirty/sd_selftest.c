// Proves: what Linux's own tests of soft-dirty assert: tools/testing/selftests/mm/soft-dirty.c and madv_populate.c,
// written anew. test_hugepage is left out (no huge pages here), test_merge is sd_merge, fewer rounds than there.
#include "sd.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

static void test_simple(void) {
  enum { ROUNDS = 1000 };
  char* const map = aligned_alloc(PAGE, PAGE);
  int bad_clear = 0, bad_set = 0;
  for (int i = 0; i < ROUNDS; i++) {
    clear();
    bad_clear += sd(map);
    clear();
    store(map);
    bad_set += !sd(map);
    clear();
  }
  expect("S-57", "test_simple: 1000 clears that left the bit", bad_clear, 0);
  expect("S-60", "test_simple: 1000 stores that did not set it", bad_set, 0);
  free(map);
}

static void test_vma_reuse(void) {
  char* map = mmap(0, PAGE, RW, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
  expect("S-50", "test_vma_reuse: a fresh mapping", sd(map), 1);
  clear();
  munmap(map, PAGE);
  char* const map2 = mmap(map, PAGE, RW, MAP_ANONYMOUS | MAP_PRIVATE | MAP_FIXED, -1, 0);
  expect("S-56", "test_vma_reuse: the same place again", map2 == map && sd(map), 1);
  munmap(map, PAGE);
}

static void test_mprotect(int anon) {
  char* const map =
      anon ? mmap(0, PAGE, RW, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0) : map_file(memfd(1), 1, RW, MAP_SHARED);
  const char* const kind = anon ? "anonymous" : "shared file";
  char what[64];
  snprintf(what, sizeof what, "test_mprotect, %s", kind);
  store(map);
  expect("S-60", what, sd(map), 1);
  clear();
  expect("S-57", what, sd(map), 0);
  mprotect(map, PAGE, PROT_READ);
  expect("S-72", what, sd(map), 0);
  mprotect(map, PAGE, RW);
  expect("S-72", what, sd(map), 0);
  store(map);
  expect("S-72", what, sd(map), 1);
  munmap(map, PAGE);
}

static void test_madv_populate(void) {
  enum { PAGES = 512 };
  char* const map = mmap(0, PAGES * PAGE, RW, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
  int dirty = 0, present = 0;
  clear();
  for (int i = 0; i < PAGES; i++) dirty += sd(map + i * PAGE);
  expect("S-57", "madv_populate: 512 pages, cleared", dirty, 0);
  expect("S-60", "madv_populate: POPULATE_READ", madvise(map, PAGES * PAGE, MADV_POPULATE_READ), 0);
  for (int i = 0; i < PAGES; i++) dirty += sd(map + i * PAGE), present += (int)(entry(map + i * PAGE) >> 63);
  expect("S-60", "madv_populate: soft-dirty pages", dirty, 0);
  expect("S-60", "madv_populate: present pages", present, PAGES);
  expect("S-60", "madv_populate: POPULATE_WRITE", madvise(map, PAGES * PAGE, MADV_POPULATE_WRITE), 0);
  for (int i = 0; i < PAGES; i++) dirty += sd(map + i * PAGE);
  expect("S-60", "madv_populate: soft-dirty pages", dirty, PAGES);
  munmap(map, PAGES * PAGE);
}

// A fresh process's way to find out, as CRIU and the selftests do (S-3).
static void test_probe(void) {
  char* const map = mmap(0, PAGE, RW, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
  expect("S-5", "probe: sd in smaps of a fresh mapping", smaps_has(map, "sd"), 1);
  const int fd = open_or_die("/proc/self/clear_refs", O_RDWR);
  const int cleared = write(fd, "4\0", 2) == 2;
  close(fd);
  store(map);
  expect("S-3", "probe: 4 and a zero byte, then a store", cleared && sd(map), 1);
  munmap(map, PAGE);
}

int main(void) {
  test_probe();
  test_simple();
  test_vma_reuse();
  test_mprotect(1);
  test_mprotect(0);
  test_madv_populate();
  return finish();
}
