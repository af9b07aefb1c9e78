// Proves: only the low eight bits of an exit status count: 256 + 7 is 7.
#include <unistd.h>

int main(void) { _exit(256 + 7); }
