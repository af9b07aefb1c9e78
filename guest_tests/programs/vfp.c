// Proves: VFP single and double precision: arithmetic, conversions, comparisons, rounding modes and the FPSCR's flags.
#include <fenv.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint64_t bits(double d) {
  uint64_t u;
  memcpy(&u, &d, sizeof u);
  return u;
}

static uint32_t bitsf(float f) {
  uint32_t u;
  memcpy(&u, &f, sizeof u);
  return u;
}

#define SHOW(expr) printf("%-28s %016llx\n", #expr, (unsigned long long)bits(expr))
#define SHOWF(expr) printf("%-28s %08x\n", #expr, (unsigned)bitsf(expr))

int main(void) {
  volatile double a = 1.0 / 3, b = 1e10, c = -2.5, zero = 0, tiny = 2.2250738585072014e-308;
  volatile float f = 0.1f, g = 16777216.0f, h = -7.75f;
  SHOW(a + b);
  SHOW(a * b);
  SHOW(b / a);
  SHOW(a - b);
  SHOW(sqrt(b));
  SHOW(fabs(c));
  SHOW(fma(a, b, c));
  SHOW(tiny / 4);
  SHOW(b / zero);
  SHOW(-b / zero);
  SHOWF(f + g);
  SHOWF(f * h);
  SHOWF(h / f);
  SHOWF(sqrtf(g));
  SHOWF((float)a);
  SHOW((double)f);
  printf("to int: %d %d %u %d %d\n", (int)c, (int)b, (unsigned)b, (int)(zero / zero), (int)h);
  printf("from int: %a %a\n", (double)(volatile int){-5}, (double)(volatile unsigned){4000000000u});
  printf("compare: %d %d %d %d\n", a<b, a> b, zero / zero == zero / zero, c <= c);

  static const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
  for (int i = 0; i < 4; i++) {
    fesetround(modes[i]);
    volatile double q = a, r = q / 3;
    volatile float n = (float)r;
    printf("rounding %d: %016llx %08x %ld\n", i, (unsigned long long)bits(r), (unsigned)bitsf(n), lrint(c));
  }
  fesetround(FE_TONEAREST);
  feclearexcept(FE_ALL_EXCEPT);
  volatile double x = b / zero;
  printf("flags: divbyzero %d", fetestexcept(FE_DIVBYZERO) != 0);
  x = zero / zero;
  printf(" invalid %d", fetestexcept(FE_INVALID) != 0);
  x = 1e308 * b;
  printf(" overflow %d", fetestexcept(FE_OVERFLOW) != 0);
  x = a / 3;
  printf(" inexact %d\n", fetestexcept(FE_INEXACT) != 0);
  (void)x;

  double sum = 0;
  for (int i = 1; i <= 100000; i++) sum += 1.0 / ((double)i * i);
  SHOW(sum);
  return 0;
}
