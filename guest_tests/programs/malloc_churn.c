// Proves: malloc, realloc and free over brk and mmap, many sizes, every block's contents checked when it goes.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 257, ROUNDS = 40000 };

static struct {
  unsigned char* at;
  uint32_t size, seed;
} slot[SLOTS];
static uint32_t state = 12345, checksum, wrong;

static uint32_t rng(void) {
  state ^= state << 13;
  state ^= state >> 17;
  return state ^= state << 5;
}

static void fill(int i, uint32_t from) {
  for (uint32_t k = from; k < slot[i].size; k += 37) slot[i].at[k] = (unsigned char)(slot[i].seed + k);
}

static void verify(int i) {
  for (uint32_t k = 0; k < slot[i].size; k += 37) wrong += slot[i].at[k] != (unsigned char)(slot[i].seed + k);
  checksum = checksum * 31 + slot[i].size;
}

static uint32_t pick_size(void) {
  const uint32_t r = rng();
  if (r % 1000 == 0) return 200000 + r % 800000;  // above the mmap threshold
  if (r % 20 == 0) return 4096 + r % 20000;
  return 1 + r % 600;
}

int main(void) {
  for (int round = 0; round < ROUNDS; round++) {
    const int i = (int)(rng() % SLOTS);
    if (slot[i].at == NULL) {
      slot[i].size = pick_size();
      slot[i].seed = rng();
      slot[i].at = malloc(slot[i].size);
      if (!slot[i].at) return 1;
      fill(i, 0);
    } else if (rng() % 4 == 0) {
      verify(i);
      slot[i].size = pick_size();
      slot[i].at = realloc(slot[i].at, slot[i].size);
      if (!slot[i].at) return 1;
      fill(i, 0);
    } else {
      verify(i);
      free(slot[i].at);
      slot[i].at = NULL;
    }
  }
  for (int i = 0; i < SLOTS; i++)
    if (slot[i].at) verify(i), free(slot[i].at);
  printf("%d rounds, wrong bytes %u, checksum %08x\n", ROUNDS, wrong, checksum);
  return wrong != 0;
}
