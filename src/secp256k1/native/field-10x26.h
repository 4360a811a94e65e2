/*
 * The field's products where 64 bits are the widest: the borrowed field of ten limbs has a place for them, made for
 * ARM's assembler. Its own C leaves JavaScriptCore's WebAssembly short of registers and takes 1.7 times as long.
 */
#ifndef FXN_FIELD_10X26_H
#define FXN_FIELD_10X26_H
#include <stdint.h>
#include "unrolled.h"

enum { TEN = 10, BITS26 = 26, LOW26 = 0x3ffffff };

/*
 * r = t modulo 2^256 - 2^32 - 977, to magnitude 1. t[0 … 18] are sums of products below 2^63.4: limbs of magnitude 8 are
 * below 2^30, and ten products meet at most.
 */
static inline void field_reduce(uint32_t *r, uint64_t t[2 * TEN]) {
  uint64_t carry = 0;
  unrolled for (int i = 0; i < 2 * TEN - 1; i++) carry += t[i], t[i] = carry & LOW26, carry >>= BITS26;
  t[2 * TEN - 1] = carry;
  /* 2^260 = 2^36 + 0x3d10 */
  carry = 0;
  unrolled for (int i = 0; i < TEN; i++) {
    carry += t[i] + t[i + TEN] * 0x3d10 + (i ? t[i + TEN - 1] << 10 : 0);
    t[i] = carry & LOW26, carry >>= BITS26;
  }
  carry += t[2 * TEN - 1] << 10;
  /* 2^256 = 2^32 + 0x3d1 */
  const uint64_t top = t[9] >> 22 | carry << 4;
  t[9] &= 0x3fffff;
  t[0] += top * 0x3d1;
  t[1] += (t[0] >> BITS26) + (top << 6);
  t[2] += t[1] >> BITS26;
  t[0] &= LOW26, t[1] &= LOW26;
  unrolled for (int i = 0; i < TEN; i++) r[i] = (uint32_t)t[i];
}

/* Karatsuba's way: 75 products instead of 100. Not inlined, so that the engine's best compiler takes it. */
__attribute__((noinline)) void secp256k1_fe_mul_inner(uint32_t *r, const uint32_t *a, const uint32_t *restrict b) {
  enum { HALF = TEN / 2 };
  uint64_t low[TEN - 1] = {0}, high[TEN - 1] = {0}, both[TEN - 1] = {0}, t[2 * TEN] = {0};
  unrolled for (int i = 0; i < HALF; i++)
    unrolled for (int j = 0; j < HALF; j++) {
      low[i + j] += (uint64_t)a[i] * b[j];
      high[i + j] += (uint64_t)a[i + HALF] * b[j + HALF];
      both[i + j] += (uint64_t)(a[i] + a[i + HALF]) * (b[j] + b[j + HALF]);
    }
  unrolled for (int i = 0; i < TEN - 1; i++) {
    t[i] += low[i];
    t[i + HALF] += both[i] - low[i] - high[i];
    t[i + TEN] += high[i];
  }
  field_reduce(r, t);
}

__attribute__((noinline)) void secp256k1_fe_sqr_inner(uint32_t *r, const uint32_t *a) {
  uint64_t t[2 * TEN] = {0};
  unrolled for (int i = 0; i < TEN; i++) {
    t[2 * i] += (uint64_t)a[i] * a[i];
    unrolled for (int j = i + 1; j < TEN; j++) t[i + j] += (uint64_t)a[i] * (2 * a[j]);
  }
  field_reduce(r, t);
}

#endif
