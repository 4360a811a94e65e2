/* A product that is under way: B is packed once, then tasks of C are taken one by one, by threads or by the caller. */
#ifndef FXN_PRODUCT_H
#define FXN_PRODUCT_H
#include <stdatomic.h>
#include "kernels.h"

typedef struct {
  const kernels *set;
  const micro *micro;
  int64_t m, k, n;
  /* Row-major A and B; NULL when their entries follow from a seed. */
  const void *a, *b;
  stream seed_a, seed_b;
  const uint32_t *rows; /* of a proof: which rows of A */
  void *c;              /* row-major, m x n */
  char *packed_b;
  int owns_packed_b;
  int64_t row_block, column_block; /* of C, of one task; rows at most micro->mc */
  int pack_tasks, tile_tasks;
  atomic_int next_pack, packed, next_tile, cancelled;
} product;

/* Rows of B that one task packs: a multiple of every kg. */
enum { PACK_ROWS = 64 };

/* Bytes that one thread needs for its own packing. */
size_t fxn_scratch_bytes(const product *p);
/* Does one task of packing B, or of C; 0 when there is none left to take. */
int fxn_pack_step(product *p, char *scratch);
int fxn_tile_step(product *p, char *scratch);

#endif
