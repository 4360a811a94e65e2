// cuBLAS, as far as it is used.
#pragma once
#include "stub-calls.h"
#include "stub-work.h"

#define BLAS_CALL()                                                                                                    \
  if (failsNow()) return 14;                                                                                           \
  if (!current || current->kind != CONTEXT) return violation("%s: no context is current", __func__), 1

EXPORT int cublasGetProperty(int which, int *value) {
  if (failsNow()) return 14;
  *value = which == 0 ? 12 : 4;
  return OK;
}

EXPORT int cublasCreate_v2(u64 *handle) {
  BLAS_CALL();
  if (settings.blasFails) return 1;
  *handle = (u64)create(BLAS, current);
  return OK;
}

EXPORT int cublasSetStream_v2(u64 handle, u64 stream) {
  BLAS_CALL();
  FIND(blas, handle, BLAS);
  FIND(on, stream, STREAM);
  blas->stream = on;
  return OK;
}

EXPORT int cublasSetMathMode(u64 handle, int mode) {
  BLAS_CALL();
  FIND(blas, handle, BLAS);
  if (mode != 0) violation("cublasSetMathMode: %d", mode);
  blas->recorded = true;
  return OK;
}

template <typename T>
static int enqueueGemm(u64 handle, int ta, int tb, u64 m, u64 n, u64 k, const T *alpha, u64 a, u64 lda, u64 b, u64 ldb,
                       const T *beta, u64 c, u64 ldc) {
  Object *blas = find(handle, BLAS, "cublas gemm");
  if (!blas || !blas->stream || !blas->recorded) return violation("cublas gemm: no stream or no math mode"), 1;
  if (ta || tb || *alpha != 1 || *beta != 0 || lda < m || ldb < k || ldc < m || !m || !n || !k)
    return violation("cublas gemm: arguments"), 7;
  bufferOf(a, ((k - 1) * lda + m) * sizeof(T), "cublas gemm, A");
  bufferOf(b, ((n - 1) * ldb + k) * sizeof(T), "cublas gemm, B");
  bufferOf(c, ((n - 1) * ldc + m) * sizeof(T), "cublas gemm, C");
  Operation *operation = enqueue(blas->stream);
  operation->kind = Operation::GEMM, operation->wide = sizeof(T) == 8;
  const u64 values[] = {m, n, k, a, b, c, lda, ldb, ldc};
  memcpy(operation->values, values, sizeof values);
  return OK;
}

EXPORT int cublasSgemm_v2(u64 handle, int ta, int tb, int m, int n, int k, const float *alpha, u64 a, int lda, u64 b,
                          int ldb, const float *beta, u64 c, int ldc) {
  BLAS_CALL();
  return enqueueGemm(handle, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

EXPORT int cublasDgemm_v2(u64 handle, int ta, int tb, int m, int n, int k, const double *alpha, u64 a, int lda, u64 b,
                          int ldb, const double *beta, u64 c, int ldc) {
  BLAS_CALL();
  return enqueueGemm(handle, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

EXPORT int cublasDestroy_v2(u64 handle) {
  GIVING_BACK();
  FIND(blas, handle, BLAS);
  blocks(__func__);
  blas->kind = FREE;
  return fails ? 14 : OK;
}
