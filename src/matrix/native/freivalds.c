/* The verifier's side of a proof: the entries again, and one exact check of all opened rows together. */
#include <stdlib.h>
#include <string.h>
#include "job.h"
#include "kernels.h"

#define P (((uint64_t)1 << 61) - 1)
typedef unsigned __int128 u128;

static uint64_t mod_p(u128 x) {
  x = (x & P) + (x >> 61);
  x = (x & P) + (x >> 61);
  return x >= P ? (uint64_t)(x - P) : (uint64_t)x;
}

/* A signed sum: its least residue that is not negative. */
static uint64_t signed_mod_p(__int128 x) {
  uint64_t r = mod_p(x < 0 ? (u128)-x : (u128)x);
  return x < 0 && r ? P - r : r;
}

static stream stream_of(const uint32_t *words, int which) {
  stream s;
  memcpy(&s, words + 4 * which, sizeof s);
  return s;
}

/* u[i] = sum of coefficients[t]·A[rows[t]][i] mod P. |sum| is below 2^61·2^3·count: no overflow. */
static void combine_rows(const stream *a, int k, const uint32_t *rows, int count, const uint64_t *coefficients,
                         int8_t *row, __int128 *sums) {
  memset(sums, 0, (size_t)k * sizeof *sums);
  for (int t = 0; t < count; t++) {
    fxn_kernels()->entries(a, rows[t], 0, k, row);
    for (int i = 0; i < k; i++) sums[i] += (__int128)coefficients[t] * row[i];
  }
}

int fxn_freivalds(const uint32_t *words, int k, int n, const uint32_t *rows, int count, const uint64_t *coefficients,
                  const int32_t *values) {
  const kernels *set = fxn_kernels();
  const stream a = stream_of(words, 0), b = stream_of(words, 1);
  const size_t longest = k > n ? k : n;
  __int128 *u = malloc((size_t)k * sizeof *u);
  int64_t *sums = calloc(2 * (size_t)n, sizeof *sums);
  int8_t *row = malloc(2 * longest);
  int wrong = -2;
  if (u && sums && row) {
    int64_t *low = sums, *high = sums + n;
    combine_rows(&a, k, rows, count, coefficients, row, u);
    /*
     * u·B in two halves, u = high·2^31 + low: each product is below 2^34 and there are at most 2^18 of them.
     * An odd k has one row too few: its coefficient is zero.
     */
    for (int i = 0; i < k; i += 2) {
      int32_t l[2] = {0}, h[2] = {0};
      for (int r = 0; r < 2 && i + r < k; r++) {
        uint64_t value = signed_mod_p(u[i + r]);
        l[r] = (int32_t)(value & 0x7fffffff), h[r] = (int32_t)(value >> 31);
        set->entries(&b, (uint32_t)(i + r), 0, n, row + r * n);
      }
      set->accumulate(l, h, row, l[1] | h[1] ? row + n : row, n, low, high);
    }
    wrong = -1;
    for (int j = 0; j < n && wrong < 0; j++) {
      __int128 right = 0;
      for (int t = 0; t < count; t++) right += (__int128)coefficients[t] * values[(size_t)t * n + j];
      if (signed_mod_p(((__int128)high[j] << 31) + low[j]) != signed_mod_p(right)) wrong = j;
    }
  }
  free(u), free(sums), free(row);
  return wrong;
}
