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

EXPORT int cublasSgemm_v2(u64 handle, int ta, int tb, int m, int n, int k, const float *alpha, u64 a, int lda, u64 b,
                          int ldb, const float *beta, u64 c, int ldc) {
  BLAS_CALL();
  Object *blas = find(handle, BLAS, "cublas gemm");
  if (!blas || !blas->stream || !blas->recorded) return violation("cublas gemm: no stream or no math mode"), 1;
  if (ta || tb || *alpha != 1 || *beta != 0 || m <= 0 || n <= 0 || k <= 0 || lda < m || ldb < k || ldc < m)
    return violation("cublas gemm: arguments"), 7;
  bufferOf(a, ((u64)(k - 1) * lda + m) * sizeof(float), "cublas gemm, A");
  bufferOf(b, ((u64)(n - 1) * ldb + k) * sizeof(float), "cublas gemm, B");
  bufferOf(c, ((u64)(n - 1) * ldc + m) * sizeof(float), "cublas gemm, C");
  Operation *operation = enqueue(blas->stream);
  operation->kind = Operation::GEMM;
  const u64 values[] = {(u64)m, (u64)n, (u64)k, a, b, c, (u64)lda, (u64)ldb, (u64)ldc};
  memcpy(operation->values, values, sizeof values);
  return OK;
}

EXPORT int cublasDestroy_v2(u64 handle) {
  GIVING_BACK();
  FIND(blas, handle, BLAS);
  blocks(__func__);
  blas->kind = FREE;
  return fails ? 14 : OK;
}
