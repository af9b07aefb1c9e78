// Proves: what may be written to /proc/self/clear_refs and what each write returns (S-10 to S-13, S-16, S-57).
#include <sys/stat.h>

#include "sd.h"

static int fd;

static void row(const char* rule, const char* shown, const void* text, size_t size, long want) {
  errno = 0;
  const long got = write(fd, text, size);
  char what[64];
  snprintf(what, sizeof what, "write %s", shown);
  expect(rule, what, got < 0 ? -errno : got, want);
}
#define ROW(rule, text, want) row(rule, #text, text, sizeof text - 1, want)

int main(void) {
  struct stat st;
  fd = open_or_die("/proc/self/clear_refs", O_WRONLY);
  expect("S-10", "mode of clear_refs", fstat(fd, &st) == 0 ? (long)(st.st_mode & 07777) : -1, 0200);
  ROW("S-12", "4", 1);
  ROW("S-12", "4\n", 2);
  ROW("S-12", "4\0", 2);
  ROW("S-11", "4\0garbage", 9);
  ROW("S-12", " 4 ", 3);
  ROW("S-12", "\t4\n", 3);
  ROW("S-12", "+4", 2);
  ROW("S-12", "04", 2);
  ROW("S-12", "0004", 4);
  ROW("S-12", "1", 1);
  ROW("S-12", "2", 1);
  ROW("S-12", "3", 1);
  ROW("S-12", "5", 1);
  ROW("S-12", "", -EINVAL);
  ROW("S-12", "x", -EINVAL);
  ROW("S-12", "4x", -EINVAL);
  ROW("S-12", "4 4", -EINVAL);
  ROW("S-12", "0x4", -EINVAL);
  ROW("S-12", "-4", -EINVAL);
  ROW("S-12", "0", -EINVAL);
  ROW("S-12", "6", -EINVAL);
  ROW("S-12", "+", -EINVAL);
  ROW("S-12", "++4", -EINVAL);
  ROW("S-12", "\n", -EINVAL);
  ROW("S-12", "99999999999", -ERANGE);
  row("S-11", "4 and 11 spaces and x", "4           x", 13, 12);
  row("S-11", "4 and 10 spaces and x", "4          x", 12, -EINVAL);
  row("S-13", "from a bad pointer", (void*)8, 1, -EFAULT);
  errno = 0;
  expect("S-13", "the offset is ignored: pwrite at 100", pwrite(fd, "4", 1, 100), 1);
  expect("S-13", "and pwrite of x at 100", pwrite(fd, "x", 1, 100) == -1 ? -errno : 0, -EINVAL);

  char* const p = lonely(2, RW);
  store(p);
  expect("S-50", "a new mapping, before a clear", sd(p), 1);
  clear_refs("1"), clear_refs("2"), clear_refs("3"), clear_refs("5");
  expect("S-57", "after 1, 2, 3 and 5 its hole is still soft-dirty", sd(p + PAGE), 1);
  clear_refs("4");
  expect("S-57", "after 4 it is not", sd(p) + sd(p + PAGE), 0);
  store(p);
  clear_refs("1"), clear_refs("2"), clear_refs("3"), clear_refs("5");
  expect("S-16", "a page written after the clear stays so over 1, 2, 3 and 5", sd(p), 1);
  expect("S-16", "and its neighbour clean", sd(p + PAGE), 0);
  write(fd, "x", 1);
  expect("S-12", "a refused write clears nothing", sd(p), 1);
  const int both = open_or_die("/proc/self/clear_refs", O_RDWR);
  expect("S-10", "opened O_RDWR, as CRIU does", write(both, "4", 2), 2);
  expect("S-10", "it clears", sd(p), 0);
  char byte;
  errno = 0;
  expect("S-10", "reading gives EINVAL", read(both, &byte, 1) == -1 ? errno : 0, EINVAL);
  close(both);

  char name[64];
  snprintf(name, sizeof name, "/proc/%d/clear_refs", (int)getpid());
  store(p);
  const int by_pid = open_or_die(name, O_WRONLY);
  expect("S-10", "the same file by process id", write(by_pid, "4", 1), 1);
  expect("S-10", "it clears", sd(p), 0);
  return finish();
}
