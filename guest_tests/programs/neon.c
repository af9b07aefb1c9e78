// Proves: NEON integer and floating point, permutes, table look-up, structure loads and stores, by intrinsics.
#include <arm_neon.h>
#include <stdint.h>
#include <stdio.h>

static void show(const char* what, uint8x16_t v) {
  uint8_t b[16];
  vst1q_u8(b, v);
  printf("%-12s", what);
  for (int i = 0; i < 16; i++) printf(" %02x", b[i]);
  printf("\n");
}

int main(void) {
  uint8_t a[64], b[64];
  uint32_t seed = 1;
  for (int i = 0; i < 64; i++) {
    seed = seed * 1664525u + 1013904223u;
    a[i] = (uint8_t)(seed >> 24);
    b[i] = (uint8_t)(seed >> 16);
  }
  const uint8x16_t x = vld1q_u8(a), y = vld1q_u8(b);
  show("add", vaddq_u8(x, y));
  show("qadd", vqaddq_u8(x, y));
  show("hsub", vhsubq_u8(x, y));
  show("absdiff", vabdq_u8(x, y));
  show("max", vmaxq_u8(x, y));
  show("bsl", vbslq_u8(x, y, vmvnq_u8(y)));
  show("cnt", vcntq_u8(x));
  show("rev64", vrev64q_u8(x));
  show("ext5", vextq_u8(x, y, 5));
  show("shl", vshlq_u8(x, vdupq_n_s8(-3)));
  show("mull", vreinterpretq_u8_u16(vmull_u8(vget_low_u8(x), vget_high_u8(y))));
  show("polymul", vreinterpretq_u8_p8(vmulq_p8(vreinterpretq_p8_u8(x), vreinterpretq_p8_u8(y))));
  const uint8x8x2_t table = {{vget_low_u8(x), vget_high_u8(x)}};
  show("tbl", vcombine_u8(vtbl2_u8(table, vand_u8(vget_low_u8(y), vdup_n_u8(31))), vget_high_u8(y)));
  const uint8x16x2_t zip = vzipq_u8(x, y);
  show("zip0", zip.val[0]);
  show("zip1", zip.val[1]);
  const uint8x16x3_t three = vld3q_u8(a);
  show("ld3", veorq_u8(three.val[0], vaddq_u8(three.val[1], three.val[2])));
  const uint8x16x4_t four = vld4q_u8(a);
  uint8_t out[64];
  vst4q_u8(out, four);
  int same = 1;
  for (int i = 0; i < 64; i++) same &= out[i] == a[i];
  printf("ld4/st4 round trip %d\n", same);

  float s[4];
  const float32x4_t p = {1.5f, -2.25f, 3.0f, 0.1f}, q = {0.5f, 4.0f, -1.0f, 10.0f};
  vst1q_f32(s, vmlaq_f32(p, p, q));
  printf("mla %a %a %a %a\n", (double)s[0], (double)s[1], (double)s[2], (double)s[3]);
  vst1q_f32(s, vrecpeq_f32(q));
  printf("recpe %a %a %a %a\n", (double)s[0], (double)s[1], (double)s[2], (double)s[3]);
  vst1q_f32(s, vcvtq_f32_s32(vcvtq_s32_f32(p)));
  printf("cvt %g %g %g %g\n", (double)s[0], (double)s[1], (double)s[2], (double)s[3]);
  return 0;
}
