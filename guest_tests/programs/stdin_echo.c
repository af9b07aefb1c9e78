// Proves: standard input reaches the guest, to its end: every line comes back with its number, reversed.
#include <stdio.h>
#include <string.h>

int main(void) {
  char line[256];
  int n = 0;
  size_t total = 0;
  while (fgets(line, sizeof line, stdin)) {
    size_t size = strcspn(line, "\n");
    total += size + (line[size] == '\n');
    printf("%d: ", ++n);
    while (size--) putchar(line[size]);
    putchar('\n');
  }
  printf("%d lines, %zu bytes, end of file: %s\n", n, total, feof(stdin) ? "yes" : "no");
  return 0;
}
