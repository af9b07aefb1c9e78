// Proves: the stack grows to wherever it is touched first: by a store far below, by a large frame, by the kernel
// (read(2) into a buffer on it), and the pages skipped over read as zero.
#include <stdint.h>

#include "guest.h"

static int __attribute__((noinline)) large_frame(int size) {
  volatile char frame[size];  // touched at its far end first
  frame[0] = 1;
  int sum = 0;
  for (int i = PAGE; i < size; i += PAGE) frame[i] = 2;
  for (int i = 0; i < size; i += PAGE) sum += frame[i];
  return sum;
}

static int __attribute__((noinline)) kernel_first(void) {
  char buffer[600000];
  const int zero = open("/dev/zero", O_RDONLY);
  const ssize_t n = read(zero, buffer, 100);
  close(zero);
  return n == 100 && buffer[0] == 0 && buffer[99] == 0;
}

int main(void) {
  volatile char here;
  volatile char* const far = (volatile char*)((uintptr_t)&here - 500 * PAGE);
  *far = 5;
  check(*far == 5, "a store 500 pages below");
  int zeroes = 0;
  for (int i = 1; i < 100; i++) zeroes += far[i * PAGE] == 0;
  check(zeroes == 99, "what was skipped reads as zero");
  check(large_frame(4000000) == 1 + 976 * 2, "a frame of 4 MB, its far end first");
  check(kernel_first(), "the kernel writes below the stack's end");
  return finish();
}
