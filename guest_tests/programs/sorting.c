// Proves: qsort, bsearch and string functions of the C library on real work; stable results by checksum.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t state = 99;
static uint32_t rng(void) {
  state ^= state << 13;
  state ^= state >> 17;
  return state ^= state << 5;
}

static int by_number(const void* a, const void* b) {
  const uint32_t x = *(const uint32_t*)a, y = *(const uint32_t*)b;
  return (x > y) - (x < y);
}

static int by_text(const void* a, const void* b) { return strcmp(*(char* const*)a, *(char* const*)b); }

int main(void) {
  enum { N = 50000, WORDS = 2000 };
  static uint32_t numbers[N];
  for (int i = 0; i < N; i++) numbers[i] = rng();
  qsort(numbers, N, sizeof numbers[0], by_number);
  uint32_t h = 1, found = 0;
  for (int i = 0; i < N; i++) {
    if (i && numbers[i - 1] > numbers[i]) return 1;
    h = h * 31 + numbers[i];
    const uint32_t key = numbers[i];
    found += bsearch(&key, numbers, N, sizeof numbers[0], by_number) != NULL;
  }
  printf("%d numbers sorted, %u found, checksum %08x\n", N, found, h);

  static char* words[WORDS];
  for (int i = 0; i < WORDS; i++) {
    const size_t length = 3 + rng() % 40;
    words[i] = malloc(length + 1);
    for (size_t k = 0; k < length; k++) words[i][k] = (char)('a' + rng() % 26);
    words[i][length] = 0;
  }
  qsort(words, WORDS, sizeof words[0], by_text);
  printf("first %.12s, last %.12s\n", words[0], words[WORDS - 1]);
  size_t with_q = 0, total = 0;
  for (int i = 0; i < WORDS; i++) with_q += strchr(words[i], 'q') != NULL, total += strlen(words[i]);
  printf("%zu with a q, %zu letters\n", with_q, total);
  return 0;
}
