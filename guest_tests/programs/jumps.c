// Proves: setjmp and longjmp keep the callee-saved registers, core and VFP, across deep frames.
#include <setjmp.h>
#include <stdio.h>

static jmp_buf back;

static double __attribute__((noinline)) dive(int depth, double x) {
  volatile double frame[8];
  for (int i = 0; i < 8; i++) frame[i] = x + i;
  if (depth == 0) longjmp(back, 1 + (int)frame[3]);
  const double below = dive(depth - 1, x * 1.0001);
  return below + frame[7];
}

static int __attribute__((noinline)) jump(int depth, double x) {
  const int got = setjmp(back);
  if (got == 0) dive(depth, x);
  return got;
}

int main(void) {
  double total = 0;
  int sum = 0;
  for (int round = 0; round < 50; round++) {
    const double a = round * 1.5, b = a + 1, c = a * b, d = c - b;  // live over the call, in d8 and up
    sum += jump(20 + round, 10.0 + round);
    total += a + b * c - d;
  }
  printf("sum %d, total %.6f\n", sum, total);
  if (setjmp(back) == 0) longjmp(back, 0);
  printf("longjmp(0) becomes 1\n");
  return 0;
}
