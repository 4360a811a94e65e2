/* Blocked multiplication, as Goto and BLIS have it: packed panels of B, packed blocks of A, a micro-kernel over tiles. */
#include "product.h"
#include <string.h>

static int64_t up(int64_t x, int64_t step) { return (x + step - 1) / step * step; }
static int64_t least(int64_t x, int64_t y) { return x < y ? x : y; }

/* The panel of nr columns from column j, at row p of k. */
static char *panel(const product *x, int64_t j, int64_t p) {
  const micro *u = x->micro;
  return x->packed_b + (j * up(x->k, u->kg) + p * u->nr) * u->bytes;
}

size_t fxn_scratch_bytes(const product *x) {
  const micro *u = x->micro;
  size_t block = (size_t)up(u->mc, u->mr) * u->kc * u->a_bytes;
  size_t generated = x->a && x->b ? 0 : (size_t)up(u->mc * u->kc > 4 * x->n ? u->mc * u->kc : 4 * x->n, 64);
  return up(block, 64) + generated + (size_t)u->mr * u->nr * u->c_bytes;
}

int fxn_pack_step(product *x, char *scratch) {
  int task = atomic_fetch_add(&x->next_pack, 1);
  if (task >= x->pack_tasks) return 0;
  const micro *u = x->micro;
  int64_t last = least((int64_t)(task + 1) * PACK_ROWS, x->k);
  for (int64_t p = (int64_t)task * PACK_ROWS; p < last && !atomic_load(&x->cancelled); p += u->kg) {
    int there = (int)least(u->kg, x->k - p);
    const char *rows = (const char *)x->b + p * x->n * u->bytes;
    if (!x->b) {
      for (int g = 0; g < there; g++) x->set->entries(&x->seed_b, (uint32_t)(p + g), 0, x->n, (int8_t *)scratch + g * x->n);
      rows = scratch;
    }
    for (int64_t j = 0; j < x->n; j += u->nr)
      u->pack_b(rows + j * u->bytes, x->n, there, (int)least(u->nr, x->n - j), panel(x, j, p));
  }
  atomic_fetch_add(&x->packed, 1);
  return 1;
}

/* Rows i … i + height - 1 of A, values p … p + depth - 1, packed for the micro-kernel. */
static void pack_a(const product *x, int64_t i, int64_t height, int64_t p, int64_t depth, char *block, int8_t *made) {
  const micro *u = x->micro;
  const int64_t stride = x->a ? x->k : depth;
  const char *rows = x->a ? (const char *)x->a + (i * stride + p) * u->bytes : (const char *)made;
  if (!x->a)
    for (int64_t r = 0; r < height; r++) x->set->entries(&x->seed_a, x->rows[i + r], p, depth, made + r * depth);
  for (int64_t r = 0; r < height; r += u->mr)
    u->pack_a(rows + r * stride * u->bytes, stride, (int)least(u->mr, height - r), (int)depth,
              block + r * up(depth, u->kg) * u->a_bytes);
}

/* A tile that reaches over the edge of C is computed beside it. */
static void edge_tile(const micro *u, int k, const char *a, const char *b, char *c, int64_t stride, int64_t height,
                      int64_t width, char *aside) {
  memset(aside, 0, (size_t)u->mr * u->nr * u->c_bytes);
  for (int64_t r = 0; r < height; r++)
    memcpy(aside + r * u->nr * u->c_bytes, c + r * stride * u->c_bytes, width * u->c_bytes);
  u->tile(k, a, b, aside, u->nr);
  for (int64_t r = 0; r < height; r++)
    memcpy(c + r * stride * u->c_bytes, aside + r * u->nr * u->c_bytes, width * u->c_bytes);
}

int fxn_tile_step(product *x, char *scratch) {
  int task = atomic_fetch_add(&x->next_tile, 1);
  if (task >= x->tile_tasks) return 0;
  const micro *u = x->micro;
  const int64_t column_blocks = (x->n + x->column_block - 1) / x->column_block;
  const int64_t i = task / column_blocks * x->row_block, height = least(x->row_block, x->m - i);
  const int64_t first = task % column_blocks * x->column_block, last = least(first + x->column_block, x->n);
  char *block = scratch;
  char *made = block + up((int64_t)up(u->mc, u->mr) * u->kc * u->a_bytes, 64);
  char *aside = scratch + fxn_scratch_bytes(x) - (size_t)u->mr * u->nr * u->c_bytes;
  char *c = (char *)x->c + i * x->n * u->c_bytes;

  for (int64_t r = 0; r < height; r++) memset(c + (r * x->n + first) * u->c_bytes, 0, (last - first) * u->c_bytes);
  for (int64_t p = 0; p < x->k && !atomic_load(&x->cancelled); p += u->kc) {
    const int64_t depth = least(u->kc, x->k - p), padded = up(depth, u->kg);
    pack_a(x, i, height, p, depth, block, (int8_t *)made);
    for (int64_t j = first; j < last; j += u->nr) {
      const char *b = panel(x, j, p);
      const int64_t width = least(u->nr, last - j);
      for (int64_t r = 0; r < height; r += u->mr) {
        const char *a = block + r * padded * u->a_bytes;
        char *tile = c + (r * x->n + j) * u->c_bytes;
        if (r + u->mr <= height && width == u->nr) u->tile((int)padded, a, b, tile, x->n);
        else edge_tile(u, (int)padded, a, b, tile, x->n, least(u->mr, height - r), width, aside);
      }
    }
  }
  return 1;
}
