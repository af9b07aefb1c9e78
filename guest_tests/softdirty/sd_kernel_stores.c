// Proves: what the kernel writes into a program's memory is soft-dirty like the program's own stores, and what it only
// reads is not (section 6: copy_to_user, put_user).
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <time.h>

#include "sd.h"

static char* pages;
static char* page(int i) { return pages + i * PAGE; }

int main(void) {
  enum { N = 16 };
  pages = lonely(N, RW);
  for (int i = 0; i < N; i++) store(page(i));
  const int zero = open_or_die("/dev/zero", O_RDONLY), null = open_or_die("/dev/null", O_WRONLY);
  const int file = memfd(2);
  if (pwrite(file, "contents", 8, 0) != 8) return 2;
  clear();

  expect("S-60", "read(2)", read(zero, page(0), 16), 16);
  expect("S-60", "dirties its page", sd(page(0)), 1);
  expect("S-60", "read(2) across a page boundary", read(zero, page(2) - 8, 16), 16);
  expect("S-60", "dirties both pages", sd(page(1)) + sd(page(2)), 2);
  expect("S-60", "and no third", sd(page(3)), 0);
  expect("S-60", "read(2) of nothing", read(file, page(4), 0), 0);
  expect("S-60", "dirties nothing", sd(page(4)), 0);
  expect("S-60", "pread(2) at the end of a file", pread(file, page(4), 16, 2 * PAGE), 0);
  expect("S-60", "dirties nothing", sd(page(4)), 0);
  struct iovec parts[2] = {{page(5), 4}, {page(6), 4}};
  expect("S-60", "readv(2) into two pages", lseek(file, 0, SEEK_SET) == 0 ? readv(file, parts, 2) : -1, 8);
  expect("S-60", "dirties both", sd(page(5)) + sd(page(6)), 2);
  expect("S-60", "write(2) from a page", write(null, page(7), PAGE) + pwrite(file, page(7), 64, 0), PAGE + 64);
  expect("S-60", "dirties nothing", sd(page(7)), 0);
  expect("S-60", "clock_gettime", syscall(SYS_clock_gettime64, CLOCK_MONOTONIC, page(8)), 0);
  expect("S-60", "dirties its page", sd(page(8)), 1);
  expect("S-60", "getrandom", getrandom(page(9), 8, 0), 8);
  expect("S-60", "dirties its page", sd(page(9)), 1);
  expect("S-60", "uname", uname((struct utsname*)page(10)), 0);
  expect("S-60", "dirties its page", sd(page(10)), 1);
  expect("S-60", "getcwd", getcwd(page(11), PAGE) != NULL, 1);
  expect("S-60", "dirties its page", sd(page(11)), 1);
  const off_t here = (off_t)((uintptr_t)page(12) / PAGE) * 8;
  expect("S-60", "pagemap read into the page it describes", pread(pagemap(), page(12), 8, here), 8);
  expect("S-60", "dirties it", sd(page(12)), 1);
  expect("S-60", "stat of a name in a page", stat(strcpy(page(13), "/"), (struct stat*)page(14)), 0);
  clear();
  expect("S-60", "once more, after a clear", stat(page(13), (struct stat*)page(14)), 0);
  expect("S-60", "the name is not dirty", sd(page(13)), 0);
  expect("S-60", "a failing call: read(2) with a bad descriptor", read(-1, page(15), 8), -1);
  expect("S-60", "dirties nothing", sd(page(15)), 0);

  // Into pages that are not there yet.
  char* const fresh_pages = lonely(4, RW);
  clear();
  expect("S-60", "read(2) into untouched pages", read(zero, fresh_pages, 2 * PAGE), 2 * PAGE);
  expect("S-60", "dirties both", sd(fresh_pages) + sd(fresh_pages + PAGE), 2);
  expect("S-60", "not the third", sd(fresh_pages + 2 * PAGE), 0);
  expect("S-60", "write(2) from an untouched page",
         write(null, fresh_pages + 2 * PAGE, 64) + pwrite(file, fresh_pages + 2 * PAGE, 64, 0), 128);
  expect("S-60", "dirties nothing", sd(fresh_pages + 2 * PAGE), 0);
  mprotect(fresh_pages, PAGE, PROT_READ);
  clear();
  errno = 0;
  expect("P-56", "read(2) into a read-only page: EFAULT", read(zero, fresh_pages, 8) == -1 ? errno : 0, EFAULT);
  expect("P-56", "dirties nothing", sd(fresh_pages), 0);
  return finish();
}
