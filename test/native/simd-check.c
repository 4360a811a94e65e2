/*
 * Checks the kernels of every set of SIMD instructions that this CPU has, not only of the best one: products of odd
 * sizes in every kind against the textbook loop, and the entries of a proof against Philox in the clear.
 * Prints a line for each set; ends with 1 when one is wrong.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "product.h"

static uint32_t state = 12345;
static int small(void) { return (int)((state = state * 1664525u + 1013904223u) >> 24) - 128; }

static double value(const void *m, int kind, int64_t at) {
  return kind == F64 ? ((const double *)m)[at] : kind == F32 ? ((const float *)m)[at] : ((const int8_t *)m)[at];
}

static void *filled(int kind, int64_t count) {
  const int bytes = kind == F64 ? 8 : kind == F32 ? 4 : 1;
  char *m = malloc(count * bytes);
  for (int64_t i = 0; i < count; i++) {
    const int v = small();
    if (kind == F64) ((double *)m)[i] = v;
    else if (kind == F32) ((float *)m)[i] = (float)v;
    else m[i] = (int8_t)v;
  }
  return m;
}

static int wrong_product(const kernels *set, int kind, int m, int k, int n) {
  const micro *u = &set->micro[kind];
  product x = {.set = set, .micro = u, .m = m, .k = k, .n = n, .a = filled(kind, (int64_t)m * k), .b = filled(kind, (int64_t)k * n)};
  const int64_t columns = (n + u->nr - 1) / u->nr * u->nr, depth = (k + u->kg - 1) / u->kg * u->kg;
  x.packed_b = malloc(columns * depth * u->bytes);
  x.c = malloc((int64_t)m * n * u->c_bytes);
  x.pack_tasks = (k + PACK_ROWS - 1) / PACK_ROWS;
  x.row_block = u->mc, x.column_block = 3 * u->nr;
  x.tile_tasks = (int)(((m + u->mc - 1) / u->mc) * ((n + x.column_block - 1) / x.column_block));
  char *scratch = malloc(fxn_scratch_bytes(&x));
  while (fxn_pack_step(&x, scratch)) {}
  while (fxn_tile_step(&x, scratch)) {}
  int wrong = 0;
  for (int i = 0; i < m; i++)
    for (int j = 0; j < n; j++) {
      double sum = 0;
      for (int p = 0; p < k; p++) sum += value(x.a, kind, (int64_t)i * k + p) * value(x.b, kind, (int64_t)p * n + j);
      const int64_t at = (int64_t)i * n + j;
      const double got = kind == F64 ? ((double *)x.c)[at] : kind == F32 ? ((float *)x.c)[at] : ((int32_t *)x.c)[at];
      wrong += got != sum;
    }
  free((void *)x.a), free((void *)x.b), free(x.packed_b), free(x.c), free(scratch);
  return wrong;
}

static int wrong_entries(const kernels *set) {
  const stream s = {{0xa4093822u, 0x299f31d0u}, {0x13198a2eu, 0x03707344u}};
  enum { COUNT = 1000 };
  int8_t got[COUNT];
  int wrong = 0;
  for (int64_t first = 0; first < 96; first += 32) {
    set->entries(&s, 7, first, COUNT, got);
    for (int e = 0; e < COUNT; e++) {
      uint32_t c[4] = {(uint32_t)((first + e) / 32), 7, s.tail[0], s.tail[1]}, k0 = s.key[0], k1 = s.key[1];
      for (int round = 0; round < 10; round++, k0 += 0x9e3779b9u, k1 += 0xbb67ae85u) {
        const uint64_t p0 = (uint64_t)c[0] * 0xd2511f53u, p1 = (uint64_t)c[2] * 0xcd9e8d57u;
        const uint32_t next[4] = {(uint32_t)(p1 >> 32) ^ c[1] ^ k0, (uint32_t)p1, (uint32_t)(p0 >> 32) ^ c[3] ^ k1, (uint32_t)p0};
        memcpy(c, next, sizeof c);
      }
      wrong += got[e] != (int)((c[(e & 31) >> 3] >> 4 * (e & 7)) & 15) - 8;
    }
  }
  return wrong;
}

static int check(const kernels *set) {
  static const int sizes[][3] = {{1, 1, 1}, {5, 7, 3}, {13, 33, 65}, {100, 513, 47}, {205, 66, 131}};
  int wrong = wrong_entries(set);
  for (int kind = F64; kind <= I8; kind++)
    for (int s = 0; s < 5; s++) wrong += wrong_product(set, kind, sizes[s][0], sizes[s][1], sizes[s][2]);
  printf("%s %d wrong\n", set->name, wrong);
  return wrong != 0;
}

#if defined(__x86_64__)
extern const kernels fxn_kernels_sse2, fxn_kernels_avx2, fxn_kernels_avx512;
int main(void) {
  const char *best = fxn_kernels()->name;
  int failed = check(&fxn_kernels_sse2);
  if (strcmp(best, "sse2")) failed |= check(&fxn_kernels_avx2);
  if (!strcmp(best, "avx512")) failed |= check(&fxn_kernels_avx512);
  return failed;
}
#else
extern const kernels fxn_kernels_neon, fxn_kernels_neon_dotprod;
int main(void) {
  int failed = check(&fxn_kernels_neon);
  if (strcmp(fxn_kernels()->name, "neon")) failed |= check(&fxn_kernels_neon_dotprod);
  return failed;
}
#endif
