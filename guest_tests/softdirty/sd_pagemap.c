// Proves: /proc/self/pagemap: entries, errors, its end (S-20 to S-27), and the sd flag in smaps (S-5).
#include <sys/stat.h>

#include "sd.h"

static long read_at(off_t offset, void* buffer, size_t size) {
  errno = 0;
  const long n = pread(pagemap(), buffer, size, offset);
  return n < 0 ? -errno : n;
}

int main(void) {
  uint64_t e[1024];
  struct stat st;
  expect("S-20", "mode of pagemap", fstat(pagemap(), &st) == 0 ? (long)(st.st_mode & 07777) : -1, 0400);

  // ---- entries
  char* const p = lonely(6, RW);
  store(p + PAGE);
  load(p + 2 * PAGE);
  expect_entry("S-26", "a hole in a fresh mapping", entry(p), 0x0080000000000000);
  expect_entry("S-21", "a written page of a fresh mapping", flags(p + PAGE), PM_PRESENT | PM_EXCLUSIVE | PM_SOFT_DIRTY);
  expect_entry("S-21", "a page only read: the zero page, of nobody", flags(p + 2 * PAGE), PM_PRESENT | PM_SOFT_DIRTY);
  expect_entry("S-26", "an address in no mapping", entry((char*)0x1fff0000), 0);
  expect("S-5", "smaps says sd for it", smaps_has(p, "sd"), 1);
  clear();
  expect("S-5", "and no longer after a clear", smaps_has(p, "sd"), 0);
  expect("S-5", "though it still says wr", smaps_has(p, "wr"), 1);
  expect_entry("S-27", "the hole, after a clear", entry(p), 0);
  expect_entry("S-27", "the written page, after a clear", flags(p + PAGE), PM_PRESENT | PM_EXCLUSIVE);
  expect_entry("S-27", "the page only read, after a clear", flags(p + 2 * PAGE), PM_PRESENT);
  store(p + PAGE);
  expect_entry("S-27", "the written page, written again", flags(p + PAGE), PM_PRESENT | PM_EXCLUSIVE | PM_SOFT_DIRTY);
  load(p + 3 * PAGE);
  expect("S-21", "two zero pages have one frame", (entry(p + 2 * PAGE) & PM_PFN) == (entry(p + 3 * PAGE) & PM_PFN), 1);
  store(p + 4 * PAGE);
  expect("S-21", "two written pages have two", (entry(p + PAGE) & PM_PFN) == (entry(p + 4 * PAGE) & PM_PFN), 0);
  expect("S-21", "the frame number is there for the superuser", (entry(p + PAGE) & PM_PFN) != 0, 1);
  mprotect(p + PAGE, PAGE, PROT_NONE);
  expect_entry("S-22", "a written page under PROT_NONE", flags(p + PAGE), PM_PRESENT | PM_EXCLUSIVE | PM_SOFT_DIRTY);
  mprotect(p, PAGE, PROT_NONE);
  expect_entry("S-22", "a hole under PROT_NONE", entry(p), 0);

  const int fd = memfd(2);
  char *const one = map_file(fd, 2, RW, MAP_SHARED), *const two = map_file(fd, 2, RW, MAP_SHARED);
  store(one);
  expect_entry("S-21", "a file page mapped once", flags(one), PM_PRESENT | PM_FILE | PM_EXCLUSIVE | PM_SOFT_DIRTY);
  load(two);
  expect_entry("S-21", "mapped twice", flags(one), PM_PRESENT | PM_FILE | PM_SOFT_DIRTY);
  expect("S-21", "both views have one frame", (entry(one) & PM_PFN) == (entry(two) & PM_PFN), 1);
  char* const copy = map_file(fd, 1, RW, MAP_PRIVATE);
  load(copy);
  expect_entry("S-21", "a private view that was read", flags(copy), PM_PRESENT | PM_FILE | PM_SOFT_DIRTY);
  store(copy);
  expect_entry("S-21", "and was written: an anonymous page", flags(copy), PM_PRESENT | PM_EXCLUSIVE | PM_SOFT_DIRTY);
  char* const shared = mmap((void*)0x48000000, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  store(shared);
  expect_entry("S-21", "shared anonymous memory counts as a file", flags(shared),
               PM_PRESENT | PM_FILE | PM_EXCLUSIVE | PM_SOFT_DIRTY);

  // ---- reading
  const off_t here = (off_t)((uintptr_t)p / PAGE) * 8;
  expect("S-23", "an offset that is no multiple of 8", read_at(here + 4, e, 8), -EINVAL);
  expect("S-23", "a count that is no multiple of 8", read_at(here, e, 12), -EINVAL);
  expect("S-23", "a count of 0", read_at(here, e, 0), 0);
  expect("S-23", "a bad buffer", read_at(here, (void*)8, 8), -EFAULT);
  expect("S-23", "six entries at once", read_at(here, e, 48), 48);
  expect_entry("S-23", "the second of them", e[1] & ~PM_PFN, PM_PRESENT | PM_EXCLUSIVE | PM_SOFT_DIRTY);
  expect_entry("S-23", "the sixth", e[5], 0);
  expect("S-23", "1024 entries over several page tables", read_at(0x20000000 / PAGE * 8, e, sizeof e), sizeof e);
  char* const target = lonely(3, RW);
  munmap(target + 2 * PAGE, PAGE);
  expect("S-23", "a buffer whose end is missing: EFAULT, and the count is lost",
         read_at(0x20000000 / PAGE * 8, target + PAGE, 2 * PAGE), -EFAULT);
  expect("S-24", "the end: task size 0xbf000000", read_at(0x5f8000, e, 8), 0);
  expect("S-24", "the last entry before it", read_at(0x5f7ff8, e, 8), 8);
  expect("S-24", "a read across the end is short", read_at(0x5f7ff0, e, 64), 16);
  expect("S-25", "the vectors page lies behind the end", read_at(0xffff0 * 8, e, 8), 0);
  expect("S-24", "behind the last page there is", read_at(0x100000 * 8, e, 8), 0);
  errno = 0;
  expect("S-24", "lseek SEEK_SET", lseek(pagemap(), here, SEEK_SET), here);
  expect("S-24", "read moves the offset", read(pagemap(), e, 16) == 16 ? (long)lseek(pagemap(), 0, SEEK_CUR) : -1,
         here + 16);
  expect("S-24", "lseek SEEK_END", lseek(pagemap(), 0, SEEK_END) == -1 ? errno : 0, EINVAL);
  return finish();
}
