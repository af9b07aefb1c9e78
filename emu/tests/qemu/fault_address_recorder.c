// Records what another emulator says about fault addresses: runs random loads and stores near a page that may not be
// accessed, or not written, and prints si_addr of each signal. Its output is qemu/fault_address_golden.inc:
//   arm-linux-gnueabihf-gcc -static -O1 -marm fault_address_recorder.c -o recorder
//   qemu-arm -cpu cortex-a15 recorder 24 > fault_address_golden.inc          (24: rows of each class and outcome;
// the timer that ends loops may leave out a row)
// A handler that returns loads all registers at once, so each signal leads straight into the next case.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#include "fault_address_cases.h"

#define CODE_BASE 0x30000000u

typedef struct {
  int thumb;
  unsigned size;
  uint32_t value;  // the bits that make it this class
  uint32_t mask;
} Class;

static const Class classes[] = {
    {0, 4, 0x04000000, 0x0e000000},  // LDR STR immediate
    {0, 4, 0x06000000, 0x0e000010},  // register
    {0, 4, 0x00000090, 0x0e000090},  // halfwords, doublewords
    {0, 4, 0x01800f90, 0x0f800ff0},  // exclusives
    {0, 4, 0x01000090, 0x0fb00ff0},  // SWP
    {0, 4, 0x08000000, 0x0e400000},  // LDM STM
    {0, 4, 0x0c000a00, 0x0e000e00},  // VFP
    {0, 4, 0xf4000000, 0xff900000},  // VLDn VSTn
    {0, 4, 0xf4800000, 0xff900000},  // one lane, all lanes
    {1, 2, 0x4800, 0xf800},          // literal
    {1, 2, 0x5000, 0xf000},          // register
    {1, 2, 0x6000, 0xe000},          // immediate
    {1, 2, 0x8000, 0xf000},          // halfword
    {1, 2, 0x9000, 0xf000},          // SP
    {1, 2, 0xb400, 0xfe00},          // PUSH
    {1, 2, 0xbc00, 0xfe00},          // POP
    {1, 2, 0xc000, 0xf000},          // LDM STM
    {1, 4, 0xe8800000, 0xffc00000},  // LDM STM
    {1, 4, 0xe9000000, 0xffc00000},  // LDMDB STMDB
    {1, 4, 0xe8400000, 0xfe400000},  // doublewords, exclusives, table branches
    {1, 4, 0xf8000000, 0xff000000},  // single
    {1, 4, 0xf9100000, 0xff100000},  // signed
    {1, 4, 0xec000a00, 0xfe000e00},  // VFP
    {1, 4, 0xf9000000, 0xff900000},  // VLDn VSTn
    {1, 4, 0xf9800000, 0xff900000},  // one lane, all lanes
};
enum { class_count = sizeof classes / sizeof classes[0] };
enum { segv, bus, undefined, executed, outcome_count };
static const char* const outcome_names[] = {"segv", "bus", "undefined", "executed"};

static uint32_t seed;
static int class_index = -1;  // -1: nothing has run yet
static uint32_t bits, pc, cpsr;
static int read_only;
static unsigned wanted;
static unsigned rows[class_count][outcome_count][2];
static unsigned tries;

static void print_row(int outcome, uint32_t address) {
  unsigned* const count = &rows[class_index][outcome][read_only];
  if (*count >= (outcome == segv ? wanted : wanted / 4)) return;
  ++*count;
  printf("QEMU(%s, 0x%0*x, %u, 0x%08x, 0x%08x, %s, %s, 0x%08x)\n", classes[class_index].thumb ? "thumb" : "arm",
         (int)classes[class_index].size * 2, bits, seed, cpsr, pc, read_only ? "read_only" : "none",
         outcome_names[outcome], address);
}

static void store_code(void) {
  const Class* const c = &classes[class_index];
  unsigned char* const at = (unsigned char*)pc;
  const uint32_t swapped = c->thumb && c->size == 4 ? bits >> 16 | bits << 16 : bits;
  const char* const udf = c->thumb ? "\x00\xde\x00\xde" : "\xf0\x00\xf0\xe7";
  for (unsigned i = 0; i < 0x1000; i += 4) memcpy((char*)CODE_BASE + i, udf, 4);
  memcpy(at, &swapped, c->size);
  __builtin___clear_cache((char*)CODE_BASE, (char*)CODE_BASE + 0x1000);
}

static void next_case(ucontext_t* context) {
  if (++tries == 40000) {
    fflush(stdout);
    _exit(0);
  }
  ++seed;
  uint32_t state = seed ^ 0xabcdef01u;
  for (int i = 0; i < 8; ++i) case_random(&state);
  class_index = (int)(case_random(&state) % class_count);
  const Class* const c = &classes[class_index];
  bits = (case_random(&state) & ~c->mask) | c->value;
  if (c->size == 2) bits &= 0xffff;
  cpsr = 0x10 | case_random(&state) << 28;
  const uint32_t any_condition = case_random(&state) % 4 == 0;
  const uint32_t condition = case_random(&state) % 14;
  if (!c->thumb && c->value >> 28 == 0) bits = (bits & 0x0fffffff) | (any_condition ? condition : 14) << 28;
  if (c->thumb) cpsr |= 0x20;
  if (c->thumb && any_condition) {  // the last instruction of an IT block: IT = condition:1000
    const uint32_t it = condition << 4 | 8;
    cpsr |= (it >> 2) << 10 | (it & 3) << 25;
  }
  pc = CODE_BASE + case_random(&state) % 0x3fc * 4;
  if (c->thumb) pc += case_random(&state) % 2 * 2;
  read_only = case_random(&state) % 2;

  mprotect((void*)(WINDOW_BASE + WINDOW_PAGE), WINDOW_PAGE, read_only ? PROT_READ : PROT_NONE);
  store_code();
  uint32_t r[16];
  case_registers(seed, r);
  r[15] = pc;
  memcpy(&context->uc_mcontext.arm_r0, r, sizeof r);  // arm_r0 to arm_pc lie side by side
  context->uc_mcontext.arm_cpsr = cpsr;
}

static void on_signal(int signal, siginfo_t* info, void* raw_context) {
  ucontext_t* const context = raw_context;
  if (class_index >= 0 && signal != SIGALRM) {
    const uint32_t address = (uint32_t)info->si_addr;
    if (context->uc_mcontext.arm_pc != pc)  // it went on, to the undefined instruction behind it or elsewhere
      print_row(executed, 0);
    else if (signal == SIGSEGV)
      print_row(segv, address);
    else if (signal == SIGBUS)
      print_row(bus, address);
    else
      print_row(undefined, 0);
  }
  next_case(context);
}

static void* map(uint32_t address, uint32_t size, int protection) {
  void* const p = mmap((void*)address, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  if (p == MAP_FAILED) exit(1);
  return p;
}

int main(int argc, char** argv) {
  static char stack[65536];
  wanted = argc > 1 ? (unsigned)atoi(argv[1]) : 40;
  map(WINDOW_BASE, 3 * WINDOW_PAGE, PROT_READ | PROT_WRITE);
  map(CODE_BASE, 0x1000, PROT_READ | PROT_WRITE | PROT_EXEC);
  const stack_t alternative = {.ss_sp = stack, .ss_size = sizeof stack};
  sigaltstack(&alternative, 0);
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigfillset(&action.sa_mask);
  const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGUSR1, SIGALRM};
  for (unsigned i = 0; i < sizeof signals / sizeof signals[0]; ++i) sigaction(signals[i], &action, 0);
  const struct itimerval tick = {{0, 100000}, {0, 100000}};  // ends a case that jumped into a loop
  setitimer(ITIMER_REAL, &tick, 0);
  raise(SIGUSR1);
}
