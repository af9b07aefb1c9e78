// Proves: what sets, keeps and loses the soft-dirty bit of a page (section 6 of the specification; each line one
// event).
#include "sd.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

// A page that was written, then cleared: present, clean, tracked.
static char* written(void) {
  char* const p = lonely(4, RW);
  for (int i = 0; i < 4; i++) store(p + i * PAGE);
  clear();
  return p;
}

int main(void) {
  // ---- faults on anonymous memory
  char* p = lonely(3, RW);
  clear();
  expect("S-27", "anonymous, untouched after a clear", sd(p), 0);
  load(p);
  expect("S-60", "anonymous, first read", sd(p), 0);
  store(p + PAGE);
  expect("S-60", "anonymous, first write", sd(p + PAGE), 1);
  store(p);
  expect("S-60", "a write to a page that was read before (copied from the zero page)", sd(p), 1);
  expect("S-60", "the neighbour of both", sd(p + 2 * PAGE), 0);

  p = written();
  expect("S-57", "written, then cleared", sd(p), 0);
  load(p);
  expect("S-60", "a load", sd(p), 0);
  store(p);
  expect("S-60", "a store (the page is write-protected: reuse)", sd(p), 1);
  expect("S-60", "the page has its contents", p[0], 7);
  store(p);
  expect("S-60", "another store", sd(p), 1);
  clear();
  expect("S-57", "cleared again", sd(p), 0);
  clear();
  expect("S-57", "and again", sd(p), 0);
  store(p);
  expect("S-60", "a store after that", sd(p), 1);
  expect("S-60", "the other pages", sd(p + PAGE) + sd(p + 2 * PAGE) + sd(p + 3 * PAGE), 0);

  // ---- mprotect
  p = written();
  store(p);
  mprotect(p, 4 * PAGE, PROT_READ);
  expect("S-53", "mprotect read-only keeps 1", sd(p), 1);
  expect("S-53", "and keeps 0", sd(p + PAGE), 0);
  mprotect(p, 4 * PAGE, RW);
  expect("S-72", "back to writable keeps 1", sd(p), 1);
  expect("S-72", "and keeps 0", sd(p + PAGE), 0);
  store(p + PAGE);
  expect("S-72", "a store after it", sd(p + PAGE), 1);
  mprotect(p, 4 * PAGE, PROT_NONE);
  expect("S-53", "PROT_NONE keeps 1", sd(p + PAGE), 1);
  expect("S-53", "and keeps 0", sd(p + 2 * PAGE), 0);
  clear();
  expect("S-57", "a clear reaches pages under PROT_NONE", sd(p + PAGE), 0);
  mprotect(p, 4 * PAGE, RW);
  expect("S-72", "writable again", sd(p + PAGE) + sd(p + 2 * PAGE), 0);
  store(p + PAGE);
  expect("S-72", "a store after it", sd(p + PAGE), 1);
  mprotect(p, 4 * PAGE, PROT_READ);
  clear();
  expect("S-57", "a clear reaches read-only pages", sd(p + PAGE), 0);
  mprotect(p, 4 * PAGE, RW);
  store(p + PAGE);
  expect("S-72", "a store to one of them, writable again", sd(p + PAGE), 1);

  // ---- mremap
  p = at(0x50000000, 4, RW);
  store(p), store(p + PAGE), load(p + 2 * PAGE);
  clear();
  store(p + PAGE);
  char* q = mremap(p, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, (void*)0x51000000);
  expect("S-51", "mremap moved it", (long)(uintptr_t)q, 0x51000000);
  expect("S-60", "a moved page that was clean", sd(q), 1);
  expect("S-60", "a moved page that was soft-dirty", sd(q + PAGE), 1);
  expect("S-60", "a moved zero page", sd(q + 2 * PAGE), 1);
  expect("S-60", "a hole moves as a hole", (long)(entry(q + 3 * PAGE) >> 55), 0);
  expect_entry("S-26", "the old place", entry(p), 0);
  expect("S-60", "contents moved along", q[0] + q[PAGE], 14);
  clear();
  expect("S-57", "cleared at the new place", sd(q) + sd(q + PAGE) + sd(q + 2 * PAGE), 0);
  store(q);
  expect("S-60", "a store there", sd(q), 1);
  clear();
  char* const r = mremap(q, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, (void*)0x52000000);
  expect("S-60", "mremap DONTUNMAP: the new place", r == (char*)0x52000000 ? sd(r) + sd(r + PAGE) : -1, 2);
  expect_entry("S-60", "mremap DONTUNMAP: the old place holds nothing", entry(q), 0);

  // ---- madvise
  p = written();
  store(p);
  madvise(p, PAGE, MADV_DONTNEED);
  expect_entry("S-60", "DONTNEED: the entry is gone", entry(p), 0);
  load(p);
  expect("S-60", "DONTNEED, then a load", sd(p), 0);
  store(p);
  expect("S-60", "then a store", sd(p), 1);
  p = lonely(4, RW);
  clear();
  madvise(p, 2 * PAGE, MADV_POPULATE_READ);
  expect_entry("S-60", "POPULATE_READ", flags(p + PAGE), PM_PRESENT);
  madvise(p, 2 * PAGE, MADV_POPULATE_WRITE);
  expect_entry("S-60", "POPULATE_WRITE over it", flags(p + PAGE), PM_PRESENT | PM_EXCLUSIVE | PM_SOFT_DIRTY);
  madvise(p + 2 * PAGE, PAGE, MADV_POPULATE_WRITE);
  expect("S-60", "POPULATE_WRITE on an untouched page", sd(p + 2 * PAGE), 1);
  expect("S-60", "the page behind it", sd(p + 3 * PAGE), 0);
  clear();
  madvise(p, 2 * PAGE, MADV_POPULATE_WRITE);
  expect("S-60", "POPULATE_WRITE on pages cleared before", sd(p) + sd(p + PAGE), 2);
  clear();
  mlock(p, PAGE);
  munlock(p, PAGE);
  expect("S-60", "mlock of a private writable page: populated as by a write (FOLL_WRITE)", sd(p), 1);
  expect("S-53", "mlock and munlock leave the others alone", sd(p + PAGE), 0);

  // ---- munmap and mmap
  p = written();
  munmap(p, 4 * PAGE);
  expect_entry("S-26", "munmap", entry(p), 0);
  char* const again = at((unsigned)(uintptr_t)p, 4, RW);
  expect("S-56", "mmap at the same place", sd(again) + sd(again + 3 * PAGE), 2);

  // ---- shared memory
  const int fd = memfd(4);
  char *const one = map_file(fd, 4, RW, MAP_SHARED), *const two = map_file(fd, 4, RW, MAP_SHARED);
  clear();
  load(one);
  expect("S-60", "shared file page, read", sd(one), 0);
  store(one);
  expect("S-70", "then written through one view", sd(one), 1);
  load(two);
  expect("S-60", "the other view of it, read only", sd(two), 0);
  store(one + PAGE);
  expect("S-70", "shared file page, first access a write", sd(one + PAGE), 1);
  store(two);
  expect("S-70", "the other view, written", sd(two), 1);
  clear();
  store(two);
  expect("S-70", "after a clear, a store through the other view", sd(two), 1);
  expect("S-70", "is not the first view's", sd(one), 0);
  store(one);
  expect("S-70", "the first view's store", sd(one), 1);
  clear();
  mprotect(one, 4 * PAGE, PROT_READ);
  mprotect(one, 4 * PAGE, RW);
  expect("S-72", "shared: read-only and back", sd(one), 0);
  store(one);
  expect("S-72", "shared: a store after it", sd(one), 1);
  clear();
  expect("S-61", "write(2) to the file", pwrite(fd, "x", 1, 0), 1);
  expect("S-61", "is not seen by its mappings' bits", sd(one) + sd(two), 0);
  expect("S-61", "only by their contents", one[0] == 'x' && two[0] == 'x', 1);
  char* const copy = map_file(fd, 4, RW, MAP_PRIVATE);
  clear();
  load(copy);
  expect("S-60", "private file page, read", sd(copy), 0);
  store(copy);
  expect("S-60", "private file page, written (copied)", sd(copy), 1);
  store(copy + PAGE);
  expect("S-60", "private file page, first access a write", sd(copy + PAGE), 1);
  expect("S-60", "the file's own page", sd(one), 0);
  clear();
  store(copy);
  expect("S-60", "the copy, cleared and written", sd(copy), 1);
  char* const shared = mmap((void*)0x48000000, 2 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  clear();
  store(shared);
  expect("S-70", "shared anonymous memory, written", sd(shared), 1);
  clear();
  store(shared);
  expect("S-70", "cleared and written", sd(shared), 1);
  expect("S-70", "the page next to it", sd(shared + PAGE), 0);
  return finish();
}
