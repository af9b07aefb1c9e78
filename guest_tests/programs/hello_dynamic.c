// Proves: a dynamically linked program whose interpreter is missing is refused with the interpreter's name.
#include <stdio.h>

int main(void) {
  puts("hello from a dynamic program");
  return 0;
}
