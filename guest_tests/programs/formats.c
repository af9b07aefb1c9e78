// Proves: printf and scanf of doubles, long long and strings: 64-bit division and VFP argument passing all the way.
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
  printf("%f %.3e %g %a %10.2f|%-10.1f|%+.0f\n", 3.14159, 1234567.891, 1e-5, 1.0, 2.005, -7.25, 0.5);
  printf("%lld %llu %llx %lld\n", -1234567890123456789LL, 18446744073709551615ULL, 0xfeedfacecafebeefULL,
         -9223372036854775807LL - 1);
  printf("%d %u %x %o %c %s %.3s %5d|%-5d|%05d %%\n", -5, 4000000000u, 255, 8, 'c', "text", "truncated", 42, 42, 42);
  printf("%s %s\n", 1e308 * 10 > 1e308 ? "inf ok" : "?", strtod("nan", NULL) != strtod("nan", NULL) ? "nan ok" : "?");
  long long q = 1000000007LL * 998244353LL, r = 12345678901LL;
  printf("%lld / %lld = %lld rest %lld\n", q, r, q / r, q % r);
  unsigned long long u = 0xffffffffffffffffULL;
  printf("%llu / 10 = %llu rest %llu\n", u, u / 10, u % 10);
  printf("%.17g %.17g %.17g\n", strtod("0.1", NULL), strtod("2.2250738585072011e-308", NULL), strtod("1e23", NULL));
  double d;
  long long n;
  char word[16];
  const int fields = sscanf("  -12.5e3 987654321987 guest!", "%lf %lld %15[a-z]", &d, &n, word);
  printf("%d fields: %g %lld %s\n", fields, d, n, word);
  printf("%" PRId64 " %" PRIu32 " %zu %td\n", (int64_t)-1, (uint32_t)-1, sizeof(double), (ptrdiff_t)-3);
  char text[32];
  volatile size_t size = 8;
  printf("%d wanted, got '%s'\n", snprintf(text, size, "%s", "longer than eight"), text);
  return 0;
}
