// Proves: /proc/self/maps, smaps, status and stat tell the truth about mappings that this program makes, and
// /proc/self/exe is its own name.
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>

#include "guest.h"

struct mapping {
  unsigned long start, end, offset;
  char rights[5], name[64];
};

static int find(uintptr_t address, struct mapping* m) {
  FILE* const f = fopen("/proc/self/maps", "r");
  char line[512];
  int found = 0;
  while (f && !found && fgets(line, sizeof line, f)) {
    m->name[0] = 0;
    found = sscanf(line, "%lx-%lx %4s %lx %*s %*s %63s", &m->start, &m->end, m->rights, &m->offset, m->name) >= 4 &&
            address >= m->start && address < m->end;
  }
  if (f) fclose(f);
  return found;
}

static int has(const void* p, int pages, const char* rights) {
  struct mapping m;
  return find((uintptr_t)p, &m) && m.start == (uintptr_t)p && m.end == m.start + (unsigned)pages * PAGE &&
         strcmp(m.rights, rights) == 0;
}

static long smaps_kb(const void* p, const char* key) {
  FILE* const f = fopen("/proc/self/smaps", "r");
  char line[512];
  int here = 0;
  long kb = -1;
  while (f && fgets(line, sizeof line, f)) {
    unsigned long start, end;
    if (sscanf(line, "%lx-%lx ", &start, &end) == 2) here = (uintptr_t)p >= start && (uintptr_t)p < end;
    if (here && strncmp(line, key, strlen(key)) == 0 && line[strlen(key)] == ':') kb = atol(line + strlen(key) + 1);
  }
  if (f) fclose(f);
  return kb;
}

static char* slurp(const char* name) {
  static char text[65536];
  const int fd = open(name, O_RDONLY);
  ssize_t n, size = 0;
  while (fd >= 0 && (n = read(fd, text + size, sizeof text - 1 - (size_t)size)) > 0) size += n;
  text[size] = 0;
  if (fd >= 0) close(fd);
  return text;
}

int main(int argc, char** argv) {
  (void)argc;
  struct mapping m;
  char* const p =
      mmap((void*)0x65000000, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  check(has(p, 8, "rw-p"), "maps: a mapping of eight pages, rw-p");
  mprotect(p + 2 * PAGE, 2 * PAGE, PROT_READ);
  check(has(p, 2, "rw-p") && has(p + 2 * PAGE, 2, "r--p") && has(p + 4 * PAGE, 4, "rw-p"),
        "split in three by mprotect");
  mprotect(p + 2 * PAGE, 2 * PAGE, PROT_READ | PROT_WRITE);
  check(has(p, 8, "rw-p"), "and merged again");
  munmap(p + 3 * PAGE, PAGE);
  check(has(p, 3, "rw-p") && !find((uintptr_t)p + 3 * PAGE, &m) && has(p + 4 * PAGE, 4, "rw-p"),
        "split in two by munmap");
  char* const x = mmap((void*)0x66000000, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  check(has(x, 1, "r-xp"), "r-xp");
  char* const s = mmap((void*)0x67000000, PAGE, PROT_NONE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  check(has(s, 1, "---s"), "---s");
  check(find((uintptr_t)main, &m) && m.rights[2] == 'x' && m.rights[1] == '-',
        "the program's code is executable, not writable");
  static int data = 1;
  check(find((uintptr_t)&data, &m) && strcmp(m.rights, "rw-p") == 0, "its data are writable, not executable");
  check(find((uintptr_t)&m, &m) && strcmp(m.name, "[stack]") == 0, "[stack] is where the stack is");
  char* const block = malloc(100);
  check(find((uintptr_t)block, &m) && strcmp(m.name, "[heap]") == 0, "[heap] is where malloc is");
  check(strstr(slurp("/proc/self/maps"), "[vectors]") != NULL, "[vectors] is listed");

  FILE* const f = fopen("/proc/self/maps", "r");
  char line[512];
  unsigned long last = 0, start, end;
  int sorted = 1;
  while (f && fgets(line, sizeof line, f)) {
    sorted &= sscanf(line, "%lx-%lx", &start, &end) == 2 && start >= last && end > start;
    last = end;
  }
  if (f) fclose(f);
  check(sorted, "lines are sorted and do not overlap");

  p[0] = p[PAGE] = 1;
  check(smaps_kb(p, "Size") == 12 && smaps_kb(p, "Rss") == 8, "smaps: Size 12 kB, Rss 8 kB");
  check(smaps_kb(p, "KernelPageSize") == 4, "smaps: KernelPageSize 4 kB");
  const long before = smaps_kb(p + 4 * PAGE, "Rss");
  p[5 * PAGE] = 1;
  check(before == 0 && smaps_kb(p + 4 * PAGE, "Rss") == 4, "smaps: Rss follows a first touch");

  const char* const status = slurp("/proc/self/status");
  check(strncmp(status, "Name:\t", 6) == 0 && strncmp(status + 6, strrchr(argv[0], '/') + 1, 10) == 0, "status: Name");
  const char* const pid = strstr(status, "\nPid:\t");
  check(pid && atoi(pid + 6) == getpid(), "status: Pid");
  const char *const size = strstr(status, "\nVmSize:"), *const rss = strstr(status, "\nVmRSS:");
  check(size && rss && atol(size + 8) > atol(rss + 7) && atol(rss + 7) > 12, "status: VmSize and VmRSS");
  const char* const stat = slurp("/proc/self/stat");
  check(atoi(stat) == getpid() && strchr(stat, '(') && strrchr(stat, ')') && strrchr(stat, ')')[2] == 'R',
        "stat: pid, name, state R");
  char name[32], link[256];
  snprintf(name, sizeof name, "/proc/%d/maps", (int)getpid());
  check(strstr(slurp(name), "[stack]") != NULL, "the same by process id");
  const ssize_t n = readlink("/proc/self/exe", link, sizeof link - 1);
  link[n > 0 ? n : 0] = 0;
  check(n > 0 && link[0] == '/' && strcmp(strrchr(link, '/'), strrchr(argv[0], '/')) == 0, "/proc/self/exe");
  return finish();
}
