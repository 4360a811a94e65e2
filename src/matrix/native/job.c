/* Jobs: a product with the threads that work on it. */
#include "job.h"
#include <stdlib.h>
#include <string.h>
#include "product.h"
#include "threads.h"

enum { MAX_THREADS = 256, MAX_COLUMNS = 2048, TASKS_A_THREAD = 4, LEAST_TILES = 4, STEP_PRODUCTS = 1 << 28 };

struct job {
  product x;
  int threads;
  atomic_int state, left;
  double begun, ended;
  char *scratch[MAX_THREADS];
  thread running[MAX_THREADS];
};

typedef struct {
  job *j;
  int number;
} worker;

const char *fxn_simd(void) { return fxn_kernels()->name; }

static int64_t half(int64_t x, int64_t step) { return (x / 2 + step - 1) / step * step; }

/*
 * Rows and columns of C of a task: many, so that little is packed twice, but few enough that every thread has tasks;
 * rows first, since B is packed once for all. Without threads few enough that a step is short: nothing else runs then.
 */
static void divide(product *x, int threads) {
  const micro *u = x->micro;
  int64_t rows = u->mc, columns = (MAX_COLUMNS / u->nr) * u->nr;
#define TASKS ((x->m + rows - 1) / rows * ((x->n + columns - 1) / columns))
  while (rows > LEAST_TILES * u->mr && TASKS < (int64_t)threads * TASKS_A_THREAD) rows = half(rows, u->mr);
  while (columns > LEAST_TILES * u->nr && TASKS < (int64_t)threads * TASKS_A_THREAD) columns = half(columns, u->nr);
  while (threads == 0 && columns > u->nr && rows * columns * x->k > STEP_PRODUCTS) columns = half(columns, u->nr);
  x->row_block = rows, x->column_block = columns;
  x->tile_tasks = (int)TASKS;
#undef TASKS
}

static void finish(job *j) {
  j->ended = now_ms();
  atomic_store(&j->state, atomic_load(&j->x.cancelled) ? CANCELLED : DONE);
}

static ENTRY work(void *with) {
  job *j = ((worker *)with)->j;
  char *scratch = j->scratch[((worker *)with)->number];
  free(with);
  product *x = &j->x;
  while (fxn_pack_step(x, scratch)) {}
  while (atomic_load(&x->packed) < x->pack_tasks) pause_thread();
  while (!atomic_load(&x->cancelled) && fxn_tile_step(x, scratch)) {}
  if (atomic_fetch_sub(&j->left, 1) == 1) finish(j);
  return 0;
}

void fxn_job_free(job *j) {
  if (!j) return;
  for (int t = 0; t < j->threads; t++) join_thread(j->running[t]);
  for (int t = 0; t < MAX_THREADS; t++) free(j->scratch[t]);
  if (j->x.owns_packed_b) free(j->x.packed_b);
  free(j);
}

/* A thread that cannot be started leaves its work to the others; without any there is no job. */
static job *start(job *j, int wanted) {
  j->begun = now_ms();
  int threads = wanted > MAX_THREADS ? MAX_THREADS : wanted;
  for (int t = 0; t < (threads > 0 ? threads : 1); t++) {
    j->scratch[t] = malloc(fxn_scratch_bytes(&j->x));
    if (!j->scratch[t]) return fxn_job_free(j), NULL;
  }
  atomic_store(&j->left, 1);
  for (int t = 0; t < threads; t++) {
    worker *w = malloc(sizeof *w);
    if (!w) break;
    *w = (worker){j, t};
    atomic_fetch_add(&j->left, 1);
    if (!start_thread(&j->running[j->threads], work, w)) {
      atomic_fetch_sub(&j->left, 1);
      free(w);
      break;
    }
    j->threads++;
  }
  if (threads > 0 && j->threads == 0) return fxn_job_free(j), NULL;
  if (threads > 0 && atomic_fetch_sub(&j->left, 1) == 1) finish(j);
  return j;
}

/* Room for packed B: every panel is whole, and k a multiple of its group. */
static char *room_for_b(const product *x) {
  const micro *u = x->micro;
  const uint64_t columns = (uint64_t)((x->n + u->nr - 1) / u->nr) * u->nr;
  const uint64_t depth = (uint64_t)((x->k + u->kg - 1) / u->kg) * u->kg;
  const uint64_t bytes = columns * depth * u->bytes; /* at most 2^15·2^18·8 */
  return bytes < SIZE_MAX / 2 ? malloc((size_t)bytes) : NULL;
}

static job *new_job(int kind, int64_t k, int64_t n) {
  job *j = calloc(1, sizeof *j);
  if (!j) return NULL;
  j->x.set = fxn_kernels();
  j->x.micro = &j->x.set->micro[kind];
  j->x.k = k, j->x.n = n;
  return j;
}

static int with_b(job *j) {
  j->x.packed_b = room_for_b(&j->x);
  j->x.owns_packed_b = 1;
  j->x.pack_tasks = (int)((j->x.k + PACK_ROWS - 1) / PACK_ROWS);
  return j->x.packed_b != NULL;
}

job *fxn_product_start(int kind, int m, int k, int n, const void *a, const void *b, void *c, int threads) {
  job *j = new_job(kind, k, n);
  if (!j) return NULL;
  j->x.m = m, j->x.a = a, j->x.b = b, j->x.c = c;
  if (!with_b(j)) return fxn_job_free(j), NULL;
  divide(&j->x, threads);
  return start(j, threads);
}

job *fxn_exact_start(const uint32_t *words, int k, int n, int threads) {
  job *j = new_job(I8, k, n);
  if (!j) return NULL;
  memcpy(&j->x.seed_a, words, sizeof(stream));
  memcpy(&j->x.seed_b, words + 4, sizeof(stream));
  if (!with_b(j)) return fxn_job_free(j), NULL;
  return start(j, threads);
}

job *fxn_exact_rows(const job *b, const uint32_t *rows, int count, int32_t *c, int threads) {
  job *j = new_job(I8, b->x.k, b->x.n);
  if (!j) return NULL;
  j->x.seed_a = b->x.seed_a, j->x.packed_b = b->x.packed_b;
  j->x.m = count, j->x.rows = rows, j->x.c = c;
  divide(&j->x, threads);
  return start(j, threads);
}

int fxn_job_state(const job *j) { return atomic_load(&j->state); }
double fxn_job_ms(const job *j) { return j->ended - j->begun; }
void fxn_job_cancel(job *j) { atomic_store(&j->x.cancelled, 1); }

int fxn_job_step(job *j) {
  if (fxn_job_state(j) != RUNNING) return 0;
  if (!atomic_load(&j->x.cancelled) && (fxn_pack_step(&j->x, j->scratch[0]) || fxn_tile_step(&j->x, j->scratch[0])))
    return 1;
  finish(j);
  return 0;
}

void *fxn_alloc(uint32_t bytes) { return malloc(bytes); }
void fxn_release(void *place) { free(place); }
