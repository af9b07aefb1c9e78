// Proves: files in /tmp: open modes, read, write, pread, pwrite, lseek, holes, ftruncate, append, fstat, dup, errors.
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "guest.h"

static int fails_with(int error, long result) { return result == -1 && errno == error; }

int main(void) {
  char dir[] = "/tmp/file_io_XXXXXX";
  if (!mkdtemp(dir) || chdir(dir) != 0) {
    perror(dir);
    return 2;
  }
  char buffer[64];
  struct stat st;

  int fd = open("a", O_RDWR | O_CREAT | O_EXCL, 0640);
  check(fd >= 3, "create a file");
  check(fails_with(EEXIST, open("a", O_RDWR | O_CREAT | O_EXCL, 0600)), "O_EXCL on an existing one: EEXIST");
  check(write(fd, "hello, file", 11) == 11, "write");
  check(lseek(fd, 7, SEEK_SET) == 7 && read(fd, buffer, 64) == 4 && memcmp(buffer, "file", 4) == 0, "seek and read");
  check(read(fd, buffer, 64) == 0, "end of file");
  check(pread(fd, buffer, 5, 0) == 5 && memcmp(buffer, "hello", 5) == 0, "pread");
  check(pwrite(fd, "HE", 2, 0) == 2 && lseek(fd, 0, SEEK_CUR) == 11, "pwrite leaves the offset");
  check(lseek(fd, -1, SEEK_END) == 10, "seek from the end");
  check(fails_with(EINVAL, lseek(fd, -5, SEEK_SET)), "seek before the start: EINVAL");
  check(lseek(fd, 10000, SEEK_SET) == 10000 && write(fd, "!", 1) == 1, "write behind the end");
  check(fstat(fd, &st) == 0 && st.st_size == 10001 && S_ISREG(st.st_mode) && (st.st_mode & 0777) == 0640, "fstat");
  check(pread(fd, buffer, 64, 5000) == 64 && buffer[0] == 0 && buffer[63] == 0, "the hole reads as zeroes");
  check(ftruncate(fd, 5) == 0 && fstat(fd, &st) == 0 && st.st_size == 5, "ftruncate to a smaller size");
  check(ftruncate(fd, 8) == 0 && pread(fd, buffer, 64, 0) == 8 && memcmp(buffer, "HEllo\0\0\0", 8) == 0,
        "and to a larger one");
  const int copy = dup(fd);
  check(copy > fd && lseek(copy, 3, SEEK_SET) == 3 && lseek(fd, 0, SEEK_CUR) == 3, "dup shares the offset");
  check(dup2(fd, 20) == 20 && close(20) == 0, "dup2");
  check(fcntl(fd, F_GETFL) >= 0 && (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR, "F_GETFL");
  check(fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC, "F_SETFD");
  const int high = fcntl(fd, F_DUPFD, 30);
  check(high == 30 && close(high) == 0, "F_DUPFD");
  close(copy);
  check(close(fd) == 0 && fails_with(EBADF, close(fd)), "close, and once more: EBADF");

  fd = open("a", O_WRONLY | O_APPEND);
  check(fd >= 0 && write(fd, "++", 2) == 2 && lseek(fd, 0, SEEK_CUR) == 10, "O_APPEND");
  check(fails_with(EBADF, read(fd, buffer, 1)), "read from a write-only file: EBADF");
  close(fd);
  fd = open("a", O_RDONLY);
  check(fails_with(EBADF, write(fd, "x", 1)), "write to a read-only file: EBADF");
  struct iovec parts[3] = {{buffer, 2}, {buffer + 10, 0}, {buffer + 20, 3}};
  check(readv(fd, parts, 3) == 5 && memcmp(buffer, "HE", 2) == 0 && memcmp(buffer + 20, "llo", 3) == 0, "readv");
  close(fd);
  fd = open("b", O_WRONLY | O_CREAT | O_TRUNC, 0600);
  struct iovec out[2] = {{"one ", 4}, {"two", 3}};
  check(writev(fd, out, 2) == 7 && fstat(fd, &st) == 0 && st.st_size == 7, "writev");
  close(fd);
  check(fails_with(ENOENT, open("nothing", O_RDONLY)), "no such file: ENOENT");
  check(fails_with(EFAULT, open((char*)4, O_RDONLY)), "a bad name pointer: EFAULT");
  check(fails_with(ENOTDIR, open("a/b", O_RDONLY)), "a file as a directory: ENOTDIR");
  check(fails_with(EISDIR, open(".", O_WRONLY)), "write to a directory: EISDIR");
  check(fails_with(EBADF, write(-1, "x", 1)), "descriptor -1: EBADF");
  check(access("a", R_OK | W_OK) == 0 && fails_with(ENOENT, access("c", F_OK)), "access");

  check(rename("b", "c") == 0 && fails_with(ENOENT, stat("b", &st)) && stat("c", &st) == 0 && st.st_size == 7,
        "rename");
  check(rename("c", "a") == 0 && stat("a", &st) == 0 && st.st_size == 7, "rename over another file");
  check(link("a", "d") == 0 && stat("d", &st) == 0 && st.st_nlink == 2, "link");
  check(symlink("a", "s") == 0 && lstat("s", &st) == 0 && S_ISLNK(st.st_mode), "symlink");
  check(readlink("s", buffer, 64) == 1 && buffer[0] == 'a', "readlink");
  check(chmod("a", 0400) == 0 && stat("s", &st) == 0 && (st.st_mode & 0777) == 0400, "chmod, seen through the link");
  fd = open("d", O_RDONLY);
  check(unlink("a") == 0 && unlink("d") == 0 && unlink("s") == 0, "unlink");
  check(read(fd, buffer, 64) == 7 && memcmp(buffer, "one two", 7) == 0, "an open file outlives its names");
  close(fd);
  check(chdir("/") == 0 && rmdir(dir) == 0, "rmdir");
  return finish();
}
