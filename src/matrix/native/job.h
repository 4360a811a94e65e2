/* The interface to JavaScript: products run in threads of their own, or step by step where there are none. */
#ifndef FXN_JOB_H
#define FXN_JOB_H
#include <stdint.h>

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#elif defined(__wasm__)
#define EXPORT __attribute__((visibility("default"), used))
#else
#define EXPORT __attribute__((visibility("default")))
#endif

typedef struct job job;
enum { RUNNING = 0, DONE = 1, CANCELLED = 2 };

/* "avx2": the set of instructions that is used. */
EXPORT const char *fxn_simd(void);

/*
 * Each begins a job and returns at once; NULL when memory or threads cannot be had. With threads = 0 nothing runs
 * until fxn_job_step is called. What is pointed to must stay where it is until the job is freed.
 */
EXPORT job *fxn_product_start(int kind, int m, int k, int n, const void *a, const void *b, void *c, int threads);
/* Makes B of a proof. words: key and counter tail of A, then of B (src/matrix/philox.ts). */
EXPORT job *fxn_exact_start(const uint32_t *words, int k, int n, int threads);
/* Rows of the product with that B, which must be done and stay until this job is freed. c: count x n int32. */
EXPORT job *fxn_exact_rows(const job *b, const uint32_t *rows, int count, int32_t *c, int threads);

EXPORT int fxn_job_state(const job *j);
/* Milliseconds that it took, once it is no longer running. */
EXPORT double fxn_job_ms(const job *j);
EXPORT void fxn_job_cancel(job *j);
/* Does a part of a job that has no threads; 0 when there is nothing left to do. */
EXPORT int fxn_job_step(job *j);
/* Waits for its threads (cancel first to be quick) and frees it. */
EXPORT void fxn_job_free(job *j);

/* What C's printf writes for %.6f, as Go does it, one value after the other; room for 320 bytes a value. */
EXPORT int fxn_print6(const double *values, int count, char *out);

/*
 * Freivalds' check of `count` rows together, modulo 2^61 - 1: with u = sum of coefficients[t]·A[rows[t]], whether
 * u·B = sum of coefficients[t]·values[t]. Returns -1 when all columns agree, else the first one that does not;
 * -2 when memory cannot be had.
 */
EXPORT int fxn_freivalds(const uint32_t *words, int k, int n, const uint32_t *rows, int count,
                         const uint64_t *coefficients, const int32_t *values);

/* For wasm, whose memory the caller fills. */
EXPORT void *fxn_alloc(uint32_t bytes);
EXPORT void fxn_release(void *place);

#endif
