/* What one set of SIMD instructions offers: the same table of functions for every set, chosen at run time. */
#ifndef FXN_KERNELS_H
#define FXN_KERNELS_H
#include <stddef.h>
#include <stdint.h>

/* Element kinds of a product; the numbers are part of the interface to JavaScript (kernels.ts). */
enum kind { F64 = 0, F32 = 1, I8 = 2 };

/* Words that make the entries of A or B of a proof: Philox key, and words 2 and 3 of every counter. */
typedef struct {
  uint32_t key[2];
  uint32_t tail[2];
} stream;

/* The shape of a micro-kernel: a tile of C has mr x nr entries; kg values of k stand side by side in packed B. */
typedef struct {
  int mr, nr, kg;
  /* Bytes of one entry of A and B, of A when packed, and of C. */
  int bytes, a_bytes, c_bytes;
  /* Rows of A of a block that stays in the cache, and how much of k is done at a time (a multiple of 32). */
  int mc, kc;
  /* mr rows (`rows` there, the rest zero) of k values (`there` there, the rest zero up to a multiple of kg). */
  void (*pack_a)(const void *a, int64_t stride, int rows, int there, void *packed);
  /* kg values of k (`there` there, the rest zero) of nr columns (`columns` there, the rest zero). */
  void (*pack_b)(const void *b, int64_t stride, int there, int columns, void *packed);
  /* c += a·b for one tile, over k values (a multiple of kg). */
  void (*tile)(int k, const void *a, const void *b, void *c, int64_t stride);
} micro;

typedef struct {
  const char *name;
  micro micro[3]; /* by kind */
  /* Entries first … first + count - 1 of a row of a proof's matrix; first is a multiple of 32. */
  void (*entries)(const stream *s, uint32_t row, int64_t first, int64_t count, int8_t *out);
  /* low[j] += l·b[j], high[j] += h·b[j] for two rows of B at once. */
  void (*accumulate)(const int32_t l[2], const int32_t h[2], const int8_t *b0, const int8_t *b1, int64_t n, int64_t *low,
                     int64_t *high);
} kernels;

/* The best set that this CPU has. */
const kernels *fxn_kernels(void);

#endif
