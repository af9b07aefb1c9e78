// Proves: directories in /tmp: mkdir, readdir (getdents), seekdir to the start, rmdir, getcwd, chdir, relative names.
#define _FILE_OFFSET_BITS 64  // a file system of the host may have directory offsets of 64 bits
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "guest.h"

static int fails_with(int error, long result) { return result == -1 && errno == error; }

static int by_name(const void* a, const void* b) { return strcmp(*(char* const*)a, *(char* const*)b); }

static void list(DIR* dir) {
  char* names[500];
  size_t n = 0;
  struct dirent* entry;
  while ((entry = readdir(dir)) != NULL && n < 500) names[n++] = strdup(entry->d_name);
  qsort(names, n, sizeof names[0], by_name);
  printf("%zu entries:", n);
  for (size_t i = 0; i < n; i++)
    if (n < 12 || i < 4 || i > n - 3) printf(" %s", names[i]);
  printf("\n");
}

int main(void) {
  char top[] = "/tmp/dir_io_XXXXXX", name[64], path[256];
  if (!mkdtemp(top) || chdir(top) != 0) {
    perror(top);
    return 2;
  }
  struct stat st;
  check(getcwd(path, sizeof path) && strcmp(path, top) == 0, "getcwd after chdir");
  check(mkdir("sub", 0755) == 0 && stat("sub", &st) == 0 && S_ISDIR(st.st_mode) && (st.st_mode & 0777) == 0755,
        "mkdir");
  check(fails_with(EEXIST, mkdir("sub", 0755)), "once more: EEXIST");
  check(fails_with(ENOENT, mkdir("no/where", 0755)), "without a parent: ENOENT");
  check(chdir("sub") == 0 && getcwd(path, sizeof path) && strcmp(path + strlen(path) - 4, "/sub") == 0, "chdir");
  check(mkdir("../other", 0700) == 0 && stat("./.././other/", &st) == 0, "names with dots");
  check(chdir("..") == 0, "back");
  check(fails_with(ENOTEMPTY, rmdir(top)), "rmdir of a full one: ENOTEMPTY");
  DIR* dir = opendir(".");
  list(dir);
  for (int i = 0; i < 300; i++) {
    snprintf(name, sizeof name, "sub/file_with_a_long_name_number_%03d", i);
    close(open(name, O_WRONLY | O_CREAT, 0600));
  }
  closedir(dir);
  dir = opendir("sub");
  list(dir);
  rewinddir(dir);
  list(dir);
  for (int i = 0; i < 300; i++) {
    snprintf(name, sizeof name, "file_with_a_long_name_number_%03d", i);
    if (unlinkat(dirfd(dir), name, 0) != 0) check(0, name);
  }
  rewinddir(dir);
  list(dir);
  closedir(dir);
  check(fails_with(EISDIR, unlink("sub")) || errno == EPERM, "unlink of a directory is refused");
  check(unlinkat(AT_FDCWD, "sub", AT_REMOVEDIR) == 0 && rmdir("other") == 0, "rmdir both");
  check(fails_with(ENOENT, chdir("sub")), "chdir into what is gone: ENOENT");
  check(opendir("sub") == NULL && errno == ENOENT, "opendir: ENOENT");
  check(chdir("/") == 0 && rmdir(top) == 0, "rmdir");
  return finish();
}
