// Proves: calls between A32 and Thumb code in both directions, by BLX, BX, function pointers, LDM into PC, TBB and TBH.
#include <stdint.h>
#include <stdio.h>

#define A32 __attribute__((target("arm"), noinline, noclone))
#define T32 __attribute__((target("thumb"), noinline, noclone))

static A32 int arm_add(int a, int b) { return a + b + 1; }
static T32 int thumb_add(int a, int b) { return a + b + 2; }
static A32 int arm_calls(int n) {
  int sum = 0;
  for (int i = 0; i < n; i++) sum = thumb_add(sum, arm_add(i, 1));
  return sum;
}
static T32 int thumb_calls(int n) {
  int sum = 0;
  for (int i = 0; i < n; i++) sum = arm_add(sum, thumb_add(i, 1)) + arm_calls(2);
  return sum;
}

static T32 unsigned table_branch(unsigned which) {
  unsigned r;
  __asm__ volatile(
      "cmp %1, #2\n\tbhs 6f\n"
      "tbb [pc, %1]\n"
      "1: .byte (2f-1b)/2, (3f-1b)/2\n"
      "2: movs %0, #20\n\tb 5f\n"
      "3: movs %0, #30\n\tb 5f\n"
      "6: subs %0, %1, #2\n"
      "tbh [pc, %0, lsl #1]\n"
      "7: .hword (8f-7b)/2, (9f-7b)/2\n"
      "8: movs %0, #40\n\tb 5f\n"
      "9: movs %0, #50\n"
      "5:"
      : "=&l"(r)
      : "l"(which)
      : "cc");
  return r;
}

static A32 int pop_into_pc(int (*target)(int, int)) {
  register int r0 __asm__("r0") = 5, r1 __asm__("r1") = 6;
  register int (*f)(int, int) __asm__("r2") = target;
  __asm__ volatile("adr lr, 1f\n\tpush {r2}\n\tldmfd sp!, {pc}\n1:"
                   : "+r"(r0), "+r"(r1), "+r"(f)::"r3", "r12", "lr", "memory", "cc");
  return r0;
}

int main(void) {
  int (*volatile pointer)(int) = arm_calls;
  printf("%d %d", arm_calls(10), thumb_calls(10));
  printf(" %d", pointer(7));
  pointer = thumb_calls;
  printf(" %d\n", pointer(7));
  printf("table branches %u %u %u %u\n", table_branch(0), table_branch(1), table_branch(2), table_branch(3));
  printf("LDM into PC: A32 %d, T32 %d\n", pop_into_pc(arm_add), pop_into_pc(thumb_add));
  return 0;
}
