// The kernels of the CUDA engine: matrix multiplication in three precisions, and the entries of a proof's matrices.
// build/ptx.ts makes kernels.ptx of this; the tests compile it for the CPU. Buffers are padded, so there are no guards:
// rows and columns of C to whole tiles, k to whole steps of DEPTH.

typedef unsigned int u32;

/** How far along k one step goes. */
constexpr u32 DEPTH = 8;
/** Tiles are numbered column by column within so many rows of tiles: blocks that run together share what L2 holds. */
constexpr u32 GROUP = 8;

/** 16 bytes: what one thread loads or stores at a time. */
template <typename T> struct Wide;
template <> struct Wide<float> { typedef float4 Type; };
template <> struct Wide<double> { typedef double2 Type; };
template <> struct Wide<int> { typedef int4 Type; };

template <typename T> __device__ __forceinline__ void load(T *to, const T *from) {
  const typename Wide<T>::Type v = *(const typename Wide<T>::Type *)from;
  to[0] = v.x, to[1] = v.y;
  if constexpr (sizeof(T) == 4) to[2] = v.z, to[3] = v.w;
}

template <typename T> __device__ __forceinline__ void store(T *to, const T *from) {
  typename Wide<T>::Type v;
  v.x = from[0], v.y = from[1];
  if constexpr (sizeof(T) == 4) v.z = from[2], v.w = from[3];
  *(typename Wide<T>::Type *)to = v;
}

__device__ __forceinline__ float mad(float a, float b, float c) { return fmaf(a, b, c); }
/** Not fused, and the sums below are in the order of k: bit for bit the textbook's, as on the CPU (src/matrix/native). */
__device__ __forceinline__ double mad(double a, double b, double c) { return __dadd_rn(__dmul_rn(a, b), c); }
/** Four int8 in each of a and b: their four products are added. */
__device__ __forceinline__ int mad(int a, int b, int c) { return __dp4a(a, b, c); }

/**
 * C = A·B, row-major, for the tiles from `first` on, one a block. A tile has 32·W rows and columns; each of 256
 * threads computes 2·W × 2·W of it, as two by two squares half a tile apart. While one stage of shared memory
 * is computed with, the next is on its way from global memory in registers.
 */
template <typename T>
__device__ __forceinline__ void multiply(const T *a, const T *b, T *c, u32 tileRows, u32 n, u32 k, u32 first) {
  constexpr u32 W = 16 / sizeof(T), HALF = 16 * W, TILE = 32 * W, ROW_VECS = DEPTH / W;
  // A is kept transposed; the W elements after each row keep its stores off each other's banks.
  alignas(16) __shared__ T as[2][DEPTH][TILE + W];
  alignas(16) __shared__ T bs[2][DEPTH][TILE];

  const u32 tileColumns = n / TILE, perGroup = GROUP * tileColumns, tile = first + blockIdx.x;
  const u32 groupRow = tile / perGroup * GROUP, rest = tile % perGroup;
  const u32 rowsHere = tileRows - groupRow < GROUP ? tileRows - groupRow : GROUP;
  const u32 rowStart = (groupRow + rest % rowsHere) * TILE, columnStart = rest / rowsHere * TILE;

  const u32 thread = threadIdx.x, warp = thread / 32, lane = thread % 32;
  // A warp is 4 rows by 8 columns of threads: the fewest bytes of shared memory for its products.
  const u32 y = (warp / 2 * 4 + lane / 8) * W, x = (warp % 2 * 8 + lane % 8) * W;
  const u32 aRow = thread / ROW_VECS, aColumn = thread % ROW_VECS * W;
  const u32 bRow = thread / 32, bColumn = thread % 32 * W;
  const T *aNext = a + (size_t)(rowStart + aRow) * k + aColumn;
  const T *bNext = b + (size_t)bRow * n + columnStart + bColumn;

  T sum[2 * W][2 * W] = {};
  T aHeld[W], bHeld[W];
  load(aHeld, aNext);
  load(bHeld, bNext);
  u32 stage = 0;
  for (u32 left = k / DEPTH; left > 0; left--) {
#pragma unroll
    for (u32 i = 0; i < W; i++) as[stage][aColumn + i][aRow] = aHeld[i];
    store(&bs[stage][bRow][bColumn], bHeld);
    __syncthreads();
    if (left > 1) {
      aNext += DEPTH;
      bNext += (size_t)DEPTH * n;
      load(aHeld, aNext);
      load(bHeld, bNext);
    }
#pragma unroll
    for (u32 d = 0; d < DEPTH; d++) {
      T column[2 * W], row[2 * W];
      load(column, &as[stage][d][y]);
      load(column + W, &as[stage][d][HALF + y]);
      load(row, &bs[stage][d][x]);
      load(row + W, &bs[stage][d][HALF + x]);
#pragma unroll
      for (u32 i = 0; i < 2 * W; i++)
#pragma unroll
        for (u32 j = 0; j < 2 * W; j++) sum[i][j] = mad(column[i], row[j], sum[i][j]);
    }
    stage ^= 1;
  }

#pragma unroll
  for (u32 i = 0; i < 2 * W; i++) {
    T *row = c + (size_t)(rowStart + i / W * HALF + y + i % W) * n + columnStart + x;
    store(row, sum[i]);
    store(row + HALF, sum[i] + W);
  }
}

extern "C" __global__ void __launch_bounds__(256, 2)
multiply_float32(const float *a, const float *b, float *c, u32 tileRows, u32 n, u32 k, u32 first) {
  multiply(a, b, c, tileRows, n, k, first);
}

extern "C" __global__ void __launch_bounds__(256, 2)
multiply_float64(const double *a, const double *b, double *c, u32 tileRows, u32 n, u32 k, u32 first) {
  multiply(a, b, c, tileRows, n, k, first);
}

/** A, B and k are in words of four entries along k: A row-major int8 as it is, B as pack_int8 or entries_b make it. */
extern "C" __global__ void __launch_bounds__(256, 2)
multiply_int8(const int *a, const int *b, int *c, u32 tileRows, u32 n, u32 k, u32 first) {
  multiply(a, b, c, tileRows, n, k, first);
}

/** Philox4x32-10 as in src/matrix/philox.ts: 32 entries of −8…7, four in a word. */
__device__ __forceinline__ void entries(u32 *words, u32 block, u32 row, u32 tail0, u32 tail1, u32 key0, u32 key1) {
  u32 c[4] = {block, row, tail0, tail1};
#pragma unroll
  for (u32 round = 0; round < 10; round++) {
    const u32 high0 = __umulhi(c[0], 0xd2511f53u), low0 = c[0] * 0xd2511f53u;
    const u32 high1 = __umulhi(c[2], 0xcd9e8d57u), low1 = c[2] * 0xcd9e8d57u;
    c[0] = high1 ^ c[1] ^ key0, c[1] = low1, c[2] = high0 ^ c[3] ^ key1, c[3] = low0;
    key0 += 0x9e3779b9u, key1 += 0xbb67ae85u;
  }
#pragma unroll
  for (u32 i = 0; i < 8; i++) {
    u32 nibbles = c[i / 2] >> (16 * (i % 2)) & 0xffffu;
    nibbles = (nibbles | nibbles << 8) & 0x00ff00ffu;
    nibbles = (nibbles | nibbles << 4) & 0x0f0f0f0fu;
    // x − 8 in every byte: x without its 8 where it has one, else with the sign.
    words[i] = (nibbles & 0x07070707u) | (~nibbles & 0x08080808u) * 31;
  }
}

/** Four words of four rows become four words of four columns. */
__device__ __forceinline__ void transpose(u32 *to, u32 w0, u32 w1, u32 w2, u32 w3) {
  uint4 v;
  v.x = (w0 & 255) | (w1 & 255) << 8 | (w2 & 255) << 16 | w3 << 24;
  v.y = (w0 >> 8 & 255) | (w1 >> 8 & 255) << 8 | (w2 >> 8 & 255) << 16 | w3 >> 8 << 24;
  v.z = (w0 >> 16 & 255) | (w1 >> 16 & 255) << 8 | (w2 >> 16 & 255) << 16 | w3 >> 16 << 24;
  v.w = w0 >> 24 | w1 >> 24 << 8 | w2 >> 24 << 16 | w3 >> 24 << 24;
  *(uint4 *)to = v;
}

/** B as it comes, row-major int8, `width` words a row, into words of four entries along k. One thread makes four. */
extern "C" __global__ void __launch_bounds__(256)
pack_int8(u32 *to, const u32 *from, u32 width, u32 count) {
  const u32 at = blockIdx.x * 256 + threadIdx.x;
  if (at >= count) return;
  const u32 *column = from + (size_t)(at / width) * 4 * width + at % width;
  transpose(to + (size_t)at * 4, column[0], column[width], column[(size_t)2 * width], column[(size_t)3 * width]);
}

/** The rows of a proof's A with the given indices, `blocks` of 32 entries each. One thread makes a block. */
extern "C" __global__ void __launch_bounds__(256)
entries_a(u32 *to, const u32 *rows, u32 blocks, u32 count, u32 tail0, u32 tail1, u32 key0, u32 key1) {
  const u32 at = blockIdx.x * 256 + threadIdx.x;
  if (at >= count) return;
  u32 words[8];
  entries(words, at % blocks, rows[at / blocks], tail0, tail1, key0, key1);
#pragma unroll
  for (u32 i = 0; i < 8; i++) to[(size_t)at * 8 + i] = words[i];
}

/** A proof's B in words of four entries along k; zero from row k on. One thread makes 32 columns of four rows. */
extern "C" __global__ void __launch_bounds__(256)
entries_b(u32 *to, u32 k, u32 blocks, u32 count, u32 tail0, u32 tail1, u32 key0, u32 key1) {
  const u32 at = blockIdx.x * 256 + threadIdx.x;
  if (at >= count) return;
  u32 words[4][8];
#pragma unroll
  for (u32 i = 0; i < 4; i++) {
    const u32 row = at / blocks * 4 + i;
    entries(words[i], at % blocks, row, tail0, tail1, key0, key1);
    if (row >= k)
#pragma unroll
      for (u32 j = 0; j < 8; j++) words[i][j] = 0;
  }
#pragma unroll
  for (u32 j = 0; j < 8; j++)
    transpose(to + (size_t)at * 32 + j * 4, words[0][j], words[1][j], words[2][j], words[3][j]);
}
