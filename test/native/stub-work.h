// Kernels and the work in streams: done when the stream or an event is asked about, one piece each time.
#pragma once
#include "cuda-host.h"
#include "../../src/gpu/cuda/kernels.cu"
#include "stub-state.h"

struct Kernel {
  const char *name;
  /** p: device address, u: u32. */
  const char *parameters;
  bool barriers;
  void (*call)(const u64 *);
};

#define MULTIPLY(name, T)                                                                                              \
  {#name, "pppuuuu", true, [](const u64 *v) { name((T *)v[0], (T *)v[1], (T *)v[2], v[3], v[4], v[5], v[6]); }}
#define ENTRIES(name, parameters, second)                                                                              \
  {#name, parameters, false, [](const u64 *v) { name((u32 *)v[0], second, v[2], v[3], v[4], v[5], v[6], v[7]); }}

static const Kernel KERNELS[] = {
    MULTIPLY(multiply_float32, float),
    MULTIPLY(multiply_float64, double),
    MULTIPLY(multiply_int8, int),
    {"pack_int8", "ppuu", false, [](const u64 *v) { pack_int8((u32 *)v[0], (u32 *)v[1], v[2], v[3]); }},
    ENTRIES(entries_a, "ppuuuuuu", (u32 *)v[1]),
    ENTRIES(entries_b, "puuuuuuu", (u32)v[1]),
};

struct Operation {
  enum { LAUNCH, SET, COPY, RECORD, GEMM } kind;
  Object *stream;
  u64 values[12];
  int kernel;
  unsigned blocks;
  Object *event;
  /** Copy to the device: the bytes, as they were at the call. */
  char *staged;
  u64 fields[16];
};

static Operation queue[1024];
static int queued, waited, launched;
static double clockMs;

static Operation *enqueue(Object *stream) {
  if (queued == 1024) violation("more than 1024 pieces of work");
  Operation *operation = &queue[queued == 1024 ? 1023 : queued++];
  *operation = Operation{};
  operation->stream = stream;
  return operation;
}

static void gemm(const u64 *v) {
  const float *a = (const float *)v[3], *b = (const float *)v[4];
  float *c = (float *)v[5];
  for (u64 column = 0; column < v[1]; column++)
    for (u64 row = 0; row < v[0]; row++) {
      float sum = 0;
      for (u64 i = 0; i < v[2]; i++) sum += a[row + i * v[6]] * b[i + column * v[7]];
      c[row + column * v[8]] = sum;
    }
}

static void copyRows(char *to, u64 toPitch, const char *from, u64 fromPitch, u64 width, u64 height) {
  for (u64 row = 0; row < height; row++) memcpy(to + row * toPitch, from + row * fromPitch, width);
}

static void perform(Operation &operation) {
  const u64 *f = operation.fields, *v = operation.values;
  switch (operation.kind) {
  case Operation::LAUNCH: {
    const Kernel &kernel = KERNELS[operation.kernel];
    for (blockIdx.x = 0; blockIdx.x < operation.blocks; blockIdx.x++) {
      if (kernel.barriers) {
        if (!fibers::block(kernel.call, v)) violation("%s: not all threads came to a barrier", kernel.name);
      } else
        for (threadIdx.x = 0; threadIdx.x < 256; threadIdx.x++) kernel.call(v);
      clockMs += settings.blockMs;
    }
    break;
  }
  case Operation::SET: memset((void *)v[0], (int)v[1], v[2]); break;
  case Operation::COPY:
    copyRows((char *)f[11] + f[8] * f[13], f[13], operation.staged, f[14], f[14], f[15]);
    free(operation.staged);
    clockMs += 1;
    break;
  case Operation::RECORD: operation.event->passed = true, operation.event->atMs = clockMs; break;
  case Operation::GEMM:
    gemm(v);
    clockMs += 2;
    break;
  }
}

static void work() {
  if (queued == 0 || settings.slowness < 0 || waited++ < settings.slowness) return;
  waited = 0;
  Operation first = queue[0];
  memmove(queue, queue + 1, --queued * sizeof *queue);
  perform(first);
}

static bool pending() {
  for (int i = 0; i < queued; i++)
    if (queue[i].stream->context == current) return true;
  return false;
}

/** Calls that wait for the device hold up the event loop. */
static void blocks(const char *call) {
  if (!pending()) return;
  if (!lost()) violation("%s: waits for the device", call);
  while (pending()) {
    Operation first = queue[0];
    memmove(queue, queue + 1, --queued * sizeof *queue);
    perform(first);
  }
}
