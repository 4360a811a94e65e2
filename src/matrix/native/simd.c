/*
 * The kernels for one set of SIMD instructions. Compiled once for each set (build/native.ts), with VARIANT its name;
 * the widths follow from what the compiler may use. GCC's vector types are used throughout: the same source for all.
 */
#include "kernels.h"

#if defined(__AVX2__) || defined(__AVX512BW__) || defined(__SSE2__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#elif defined(__wasm_simd128__)
#include <wasm_simd128.h>
#endif

/* Tiles: as many accumulators as the registers hold, with room for one row of B and one value of A. */
#if defined(__AVX512BW__)
#define WIDTH 64
#define ROWS 12
#define VECTORS 2
#elif defined(__AVX2__)
#define WIDTH 32
#define ROWS 6
#define VECTORS 2
#elif defined(__ARM_NEON)
#define WIDTH 16
#define ROWS 8
#define VECTORS 3
#else
#define WIDTH 16
#define ROWS 4
#define VECTORS 2
#endif

#define UNROLL _Pragma("clang loop unroll(full)")
#define INLINE static inline __attribute__((always_inline))

typedef double vf64 __attribute__((vector_size(WIDTH), aligned(8)));
typedef float vf32 __attribute__((vector_size(WIDTH), aligned(4)));
typedef int32_t vi32 __attribute__((vector_size(WIDTH), aligned(4)));

/* ---- Floating point ---- */

#define PACK_AND_TILE(T, V, NAME, CONTRACT)                                                                            \
  static void pack_a_##NAME(const void *from, int64_t stride, int rows, int there, void *packed) {                     \
    const T *a = from;                                                                                                 \
    T *out = packed;                                                                                                   \
    for (int i = 0; i < ROWS; i++)                                                                                     \
      for (int p = 0; p < there; p++) out[(int64_t)p * ROWS + i] = i < rows ? a[i * stride + p] : 0;                   \
  }                                                                                                                    \
  static void pack_b_##NAME(const void *from, int64_t stride, int there, int columns, void *packed) {                  \
    enum { NR = VECTORS * WIDTH / sizeof(T) };                                                                         \
    const T *b = from;                                                                                                 \
    T *out = packed;                                                                                                   \
    (void)stride, (void)there;                                                                                         \
    for (int j = 0; j < NR; j++) out[j] = j < columns ? b[j] : 0;                                                      \
  }                                                                                                                    \
  static void tile_##NAME(int k, const void *pa, const void *pb, void *pc, int64_t stride) {                           \
    _Pragma(CONTRACT) enum { LANES = WIDTH / sizeof(T), NR = VECTORS * LANES };                                        \
    const T *a = pa, *b = pb;                                                                                          \
    T *c = pc;                                                                                                         \
    V sum[ROWS][VECTORS];                                                                                              \
    UNROLL for (int i = 0; i < ROWS; i++) UNROLL for (int v = 0; v < VECTORS; v++) sum[i][v] =                         \
        *(const V *)(c + i * stride + v * LANES);                                                                      \
    for (int p = 0; p < k; p++, a += ROWS, b += NR) {                                                                  \
      V row[VECTORS];                                                                                                  \
      UNROLL for (int v = 0; v < VECTORS; v++) row[v] = *(const V *)(b + v * LANES);                                   \
      UNROLL for (int i = 0; i < ROWS; i++) UNROLL for (int v = 0; v < VECTORS; v++) sum[i][v] += a[i] * row[v];       \
    }                                                                                                                  \
    UNROLL for (int i = 0; i < ROWS; i++) UNROLL for (int v = 0; v < VECTORS; v++) *(V *)(c + i * stride + v * LANES) = \
        sum[i][v];                                                                                                     \
  }

PACK_AND_TILE(float, vf32, f32, "clang fp contract(fast)")
/*
 * float64 is multiplied, rounded, added and rounded, in the order of k: bit for bit what the textbook loop gives, on
 * every machine, so that six printed decimals agree with the Function Network's Go node.
 */
PACK_AND_TILE(double, vf64, f64, "clang fp contract(off)")

/* ---- int8 to int32: exact ---- */

/* A group of A's values, taken at once. */
typedef int32_t word __attribute__((may_alias, aligned(2)));

enum { I8_LANES = WIDTH / 4, I8_NR = VECTORS * I8_LANES };

#if defined(__ARM_FEATURE_DOTPROD)
/* Four products at once: A and B as int8, groups of four k. */
#define KG 4
typedef int8_t a8;
INLINE vi32 dot(vi32 sum, const a8 *a, const int8_t *b) {
  int8x16_t group = vreinterpretq_s8_s32(vdupq_n_s32(*(const word *)a));
  return (vi32)vdotq_s32((int32x4_t)sum, vld1q_s8(b), group);
}
#else
/* Two products at once: A as int16, B widened on the way, groups of two k. */
#define KG 2
typedef int16_t a8;
INLINE vi32 dot(vi32 sum, const a8 *a, const int8_t *b) {
#if defined(__AVX512BW__)
  __m512i pair = _mm512_set1_epi32(*(const word *)a);
  __m512i wide = _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)b));
  return (vi32)_mm512_add_epi32((__m512i)sum, _mm512_madd_epi16(pair, wide));
#elif defined(__AVX2__)
  __m256i pair = _mm256_set1_epi32(*(const word *)a);
  __m256i wide = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)b));
  return (vi32)_mm256_add_epi32((__m256i)sum, _mm256_madd_epi16(pair, wide));
#elif defined(__SSE2__)
  __m128i pair = _mm_set1_epi32(*(const word *)a);
  __m128i bytes = _mm_loadl_epi64((const __m128i *)b);
  __m128i wide = _mm_srai_epi16(_mm_unpacklo_epi8(bytes, bytes), 8);
  return (vi32)_mm_add_epi32((__m128i)sum, _mm_madd_epi16(pair, wide));
#elif defined(__ARM_NEON)
  int16x8_t pair = vreinterpretq_s16_s32(vdupq_n_s32(*(const word *)a));
  int16x8_t wide = vmovl_s8(vld1_s8(b));
  int32x4_t low = vmull_s16(vget_low_s16(pair), vget_low_s16(wide));
  int32x4_t high = vmull_high_s16(pair, wide);
  return (vi32)vaddq_s32((int32x4_t)sum, vpaddq_s32(low, high));
#elif defined(__wasm_simd128__)
  v128_t pair = wasm_i32x4_splat(*(const word *)a);
  v128_t wide = wasm_i16x8_load8x8(b);
  return (vi32)wasm_i32x4_add((v128_t)sum, wasm_i32x4_dot_i16x8(pair, wide));
#endif
}
#endif

/* packed: groups of ROWS x KG. */
static void pack_a_i8(const void *from, int64_t stride, int rows, int there, void *packed) {
  const int8_t *a = from;
  a8 *out = packed;
  for (int i = 0; i < ROWS; i++)
    for (int p = 0; p < (there + KG - 1) / KG * KG; p++)
      out[(int64_t)(p / KG) * ROWS * KG + i * KG + p % KG] = i < rows && p < there ? a[i * stride + p] : 0;
}

/* packed: NR x KG, the k values of one column side by side. */
static void pack_b_i8(const void *from, int64_t stride, int there, int columns, void *packed) {
  const int8_t *b = from;
  int8_t *out = packed;
  if (there == KG && columns == I8_NR) {
    UNROLL for (int j = 0; j < I8_NR; j++) UNROLL for (int g = 0; g < KG; g++) out[j * KG + g] = b[g * stride + j];
    return;
  }
  for (int j = 0; j < I8_NR; j++)
    for (int g = 0; g < KG; g++) out[j * KG + g] = g < there && j < columns ? b[g * stride + j] : 0;
}

static void tile_i8(int k, const void *pa, const void *pb, void *pc, int64_t stride) {
  const a8 *a = pa;
  const int8_t *b = pb;
  int32_t *c = pc;
  vi32 sum[ROWS][VECTORS];
  UNROLL for (int i = 0; i < ROWS; i++) UNROLL for (int v = 0; v < VECTORS; v++) sum[i][v] =
      *(const vi32 *)(c + i * stride + v * I8_LANES);
  for (int p = 0; p < k; p += KG, a += ROWS * KG, b += I8_NR * KG) {
    UNROLL for (int i = 0; i < ROWS; i++) UNROLL for (int v = 0; v < VECTORS; v++) sum[i][v] =
        dot(sum[i][v], a + i * KG, b + v * I8_LANES * KG);
  }
  UNROLL for (int i = 0; i < ROWS; i++) UNROLL for (int v = 0; v < VECTORS; v++) *(vi32 *)(c + i * stride +
                                                                                            v * I8_LANES) = sum[i][v];
}

/* ---- The entries of a proof's matrices: Philox4x32-10 (Salmon et al. 2011), LANES blocks at a time ---- */

enum { BLOCK = 32, LANES = WIDTH / 4 };
typedef uint32_t vu32 __attribute__((vector_size(WIDTH), aligned(4)));
typedef uint64_t vu64 __attribute__((vector_size(WIDTH), aligned(8)));

/* high ‖ low words of m·x for each lane; even and odd lanes by themselves, as vector units multiply. */
INLINE void multiply(vu32 x, uint32_t m, vu32 *high, vu32 *low) {
  vu64 even = ((vu64)x & 0xffffffffu) * (uint64_t)m;
  vu64 odd = ((vu64)x >> 32) * (uint64_t)m;
  *low = (vu32)((even & 0xffffffffu) | (odd << 32));
  *high = (vu32)((even >> 32) | (odd & ~(uint64_t)0xffffffffu));
}

static void entries(const stream *s, uint32_t row, int64_t first, int64_t count, int8_t *out) {
  int8_t tail[BLOCK * LANES];
  for (int64_t block = first / BLOCK; count > 0; block += LANES) {
    vu32 c0, c1 = (vu32){0} + row, c2 = (vu32){0} + s->tail[0], c3 = (vu32){0} + s->tail[1];
    UNROLL for (int l = 0; l < LANES; l++) c0[l] = (uint32_t)block + l;
    uint32_t k0 = s->key[0], k1 = s->key[1];
    UNROLL for (int round = 0; round < 10; round++) {
      vu32 high0, low0, high1, low1;
      multiply(c0, 0xd2511f53u, &high0, &low0);
      multiply(c2, 0xcd9e8d57u, &high1, &low1);
      c0 = high1 ^ c1 ^ k0;
      c1 = low1;
      c2 = high0 ^ c3 ^ k1;
      c3 = low0;
      k0 += 0x9e3779b9u;
      k1 += 0xbb67ae85u;
    }
    uint32_t words[LANES][4];
    UNROLL for (int l = 0; l < LANES; l++) words[l][0] = c0[l], words[l][1] = c1[l], words[l][2] = c2[l],
                                           words[l][3] = c3[l];
    int8_t *to = count >= BLOCK * LANES ? out : tail;
    const uint8_t *bytes = (const uint8_t *)words; /* little-endian, as every target is */
    for (int i = 0; i < 16 * LANES; i++) to[2 * i] = (bytes[i] & 15) - 8, to[2 * i + 1] = (bytes[i] >> 4) - 8;
    if (to == tail)
      for (int64_t i = 0; i < count; i++) out[i] = tail[i];
    out += BLOCK * LANES, count -= BLOCK * LANES;
  }
}

/* ---- The sums of Freivalds' check ---- */

static void accumulate(const int32_t l[2], const int32_t h[2], const int8_t *b0, const int8_t *b1, int64_t n,
                       int64_t *restrict low, int64_t *restrict high) {
  const int64_t l0 = l[0], l1 = l[1], h0 = h[0], h1 = h[1];
  for (int64_t j = 0; j < n; j++) {
    low[j] += l0 * b0[j] + l1 * b1[j];
    high[j] += h0 * b0[j] + h1 * b1[j];
  }
}

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)
#define TEXT2(a) #a
#define TEXT(a) TEXT2(a)

const kernels JOIN(fxn_kernels_, VARIANT) = {
    .name = TEXT(VARIANT),
    .micro =
        {
            [F64] = {ROWS, VECTORS * WIDTH / 8, 1, 8, 8, 8, ROWS * (96 / ROWS), 256, pack_a_f64, pack_b_f64, tile_f64},
            [F32] = {ROWS, VECTORS * WIDTH / 4, 1, 4, 4, 4, ROWS * (192 / ROWS), 256, pack_a_f32, pack_b_f32, tile_f32},
            [I8] = {ROWS, I8_NR, KG, 1, sizeof(a8), 4, ROWS * (192 / ROWS), 512, pack_a_i8, pack_b_i8, tile_i8},
        },
    .entries = entries,
    .accumulate = accumulate,
};
