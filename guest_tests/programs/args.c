// Proves: argc, argv, the environment and the auxiliary vector are where the ABI puts them. Only stable values are
// printed.
#include <elf.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/auxv.h>

#include "guest.h"

extern char** environ;
extern void _start(void);
extern const char __ehdr_start[];

static const char* base(const char* path) {
  const char* slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

int main(int argc, char** argv) {
  printf("argc %d, argv[0] ends in %s\n", argc, base(argv[0]));
  for (int i = 1; i < argc; i++) printf("argv[%d] '%s'\n", i, argv[i]);
  check(argv[argc] == NULL, "argv ends in a null pointer");
  int n = 0;
  while (environ[n]) n++;
  printf("%d variables: HOME '%s' WORDS '%s' EMPTY '%s'\n", n, getenv("HOME"), getenv("WORDS"), getenv("EMPTY"));
  printf("AT_PAGESZ %lu AT_PHENT %lu AT_CLKTCK %lu AT_SECURE %lu AT_PLATFORM %s\n", getauxval(AT_PAGESZ),
         getauxval(AT_PHENT), getauxval(AT_CLKTCK), getauxval(AT_SECURE), (const char*)getauxval(AT_PLATFORM));
  check(getauxval(AT_UID) == getuid() && getauxval(AT_EUID) == geteuid() && getauxval(AT_GID) == getgid() &&
            getauxval(AT_EGID) == getegid(),
        "AT_UID and its siblings");
  check((getauxval(AT_ENTRY) & ~1ul) == ((uintptr_t)_start & ~(uintptr_t)1), "AT_ENTRY is the entry point");
  const Elf32_Ehdr* header = (const Elf32_Ehdr*)__ehdr_start;
  check(getauxval(AT_PHDR) == (uintptr_t)header + header->e_phoff && getauxval(AT_PHNUM) == header->e_phnum,
        "AT_PHDR and AT_PHNUM are the program headers");
  const unsigned char* random = (const unsigned char*)getauxval(AT_RANDOM);
  int bits = 0;
  for (int i = 0; random && i < 16; i++) bits |= random[i];
  check(bits != 0, "AT_RANDOM points at 16 bytes");
  const char* name = (const char*)getauxval(AT_EXECFN);
  check(name && strcmp(base(name), base(argv[0])) == 0, "AT_EXECFN is the program");
  const unsigned long hwcap = getauxval(AT_HWCAP);
  enum {
    HALF = 2,
    THUMB = 4,
    VFP = 64,
    EDSP = 128,
    NEON = 4096,
    VFPV3 = 8192,
    TLS = 32768,
    VFPV4 = 65536,
    IDIV = 0x60000
  };
  check((hwcap & (HALF | THUMB | VFP | EDSP | NEON | VFPV3 | TLS | VFPV4 | IDIV)) ==
            (HALF | THUMB | VFP | EDSP | NEON | VFPV3 | TLS | VFPV4 | IDIV),
        "AT_HWCAP has what a Cortex-A15 has");
  check(((uintptr_t)(argv - 1) & 7) == 0, "the stack pointer was a multiple of 8");
  check((uintptr_t)argv[0] > (uintptr_t)argv && (uintptr_t)environ == (uintptr_t)(argv + argc + 1),
        "the strings lie above the vectors, environ behind argv");
  return finish();
}
