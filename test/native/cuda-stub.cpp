// A stand-in for NVIDIA's driver and cuBLAS, for tests only. It runs the kernels of kernels.cu on the CPU, keeps account
// of every handle and buffer, and writes down each call that the real libraries would not take, or would block in.
#include "cuda-host.h"
#include "../../src/gpu/cuda/kernels.cu"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef uint64_t u64;
#define EXPORT extern "C" __attribute__((visibility("default")))

enum {
  OK = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NOT_INITIALIZED = 3, NO_DEVICE = 100, INVALID_DEVICE = 101,
  INVALID_CONTEXT = 201, INVALID_PTX = 218, INVALID_HANDLE = 400, NOT_FOUND = 500, NOT_READY = 600,
  ILLEGAL_ADDRESS = 700,
};

// ---- what tests set and read

static struct {
  int devices, capability;
  u64 memory;
  /** Queries that find the stream busy before each piece of work is done; negative: it never is. */
  int slowness;
  /** The call, counted from 1, that fails; with `sticky` all after it fail too, as when a device is lost. */
  int failAt, failCode, sticky;
  int blasFails;
  double blockMs;
} settings;

static int calls;
static char report[8192];

static void violation(const char *format, ...) {
  size_t length = strlen(report);
  va_list list;
  va_start(list, format);
  vsnprintf(report + length, sizeof report - length, format, list);
  va_end(list);
  strncat(report, "\n", sizeof report - strlen(report) - 1);
}

static bool lost() { return settings.sticky && settings.failAt > 0 && calls >= settings.failAt; }
static bool failsNow() { return ++calls == settings.failAt || lost(); }

// ---- objects; a handle is the address of one

enum Kind { FREE, CONTEXT, STREAM, EVENT, MODULE, FUNCTION, BUFFER, BLAS };
static const char *const KINDS[] = {"", "context", "stream", "event", "module", "function", "buffer", "cublas"};

struct Object {
  Kind kind;
  Object *context;
  int device, retained;
  /** Buffer: its memory with a guard on both sides. Function: its kernel. */
  char *memory;
  size_t bytes;
  int kernel;
  /** Event. */
  bool recorded, passed;
  double atMs;
  Object *stream;
};

static Object objects[512];
/** Stands for an event that was destroyed. */
static Object nobody;
static Object *current;
static bool initialized;

static Object *create(Kind kind, Object *context) {
  for (Object &object : objects)
    if (object.kind == FREE) {
      object = Object{};
      object.kind = kind, object.context = context;
      return &object;
    }
  violation("more than 512 objects");
  return nullptr;
}

static Object *find(u64 handle, Kind kind, const char *call) {
  for (Object &object : objects)
    if ((u64)&object == handle && object.kind == kind) {
      if (kind != CONTEXT && object.context != current) violation("%s: a %s of another context", call, KINDS[kind]);
      return &object;
    }
  violation("%s: not a %s, or no longer", call, KINDS[kind]);
  return nullptr;
}

constexpr size_t GUARD = 4096;
constexpr char GUARD_BYTE = 0x5a;

static void freeBuffer(Object *buffer) {
  for (size_t i = 0; i < GUARD; i++)
    if (buffer->memory[i] != GUARD_BYTE || buffer->memory[GUARD + buffer->bytes + i] != GUARD_BYTE) {
      violation("a kernel wrote outside of a buffer of %zu bytes", buffer->bytes);
      break;
    }
  free(buffer->memory);
  buffer->kind = FREE;
}

/** The buffer in which all of these bytes lie. */
static Object *bufferOf(u64 address, size_t bytes, const char *call) {
  for (Object &object : objects)
    if (object.kind == BUFFER && address >= (u64)object.memory + GUARD &&
        address + bytes <= (u64)object.memory + GUARD + object.bytes) {
      if (object.context != current) violation("%s: memory of another context", call);
      return &object;
    }
  violation("%s: no memory of the device has these %zu bytes", call, bytes);
  return nullptr;
}

// ---- the kernels

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

// ---- work in streams: done when the stream or an event is asked about, one piece each time

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
  bool wide;
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

template <typename T> static void gemm(const u64 *v) {
  const T *a = (const T *)v[3], *b = (const T *)v[4];
  T *c = (T *)v[5];
  for (u64 column = 0; column < v[1]; column++)
    for (u64 row = 0; row < v[0]; row++) {
      T sum = 0;
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
    if (operation.wide) gemm<double>(v);
    else gemm<float>(v);
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

// ---- the driver

#define CALL()                                                                                                         \
  if (failsNow()) return settings.failCode;                                                                            \
  if (!initialized) return violation("%s before cuInit", __func__), NOT_INITIALIZED
#define IN_CONTEXT()                                                                                                   \
  CALL();                                                                                                              \
  if (!current || current->kind != CONTEXT) return violation("%s: no context is current", __func__), INVALID_CONTEXT
#define FIND(name, handle, kind)                                                                                       \
  Object *name = find(handle, kind, __func__);                                                                         \
  if (!name) return INVALID_HANDLE
/** What gives something back does so even when it has an error to tell, unless the device is lost. */
#define GIVING_BACK()                                                                                                  \
  bool fails = failsNow();                                                                                             \
  if (lost()) return settings.failCode

EXPORT int cuInit(u32 flags) {
  if (failsNow()) return settings.failCode;
  if (flags != 0) return INVALID_VALUE;
  if (settings.devices == 0) return NO_DEVICE;
  initialized = true;
  return OK;
}

EXPORT int cuDriverGetVersion(int *version) {
  CALL();
  *version = 12040;
  return OK;
}

EXPORT int cuGetErrorName(int error, const char **name) {
  switch (error) {
  case INVALID_VALUE: return *name = "CUDA_ERROR_INVALID_VALUE", OK;
  case OUT_OF_MEMORY: return *name = "CUDA_ERROR_OUT_OF_MEMORY", OK;
  case NO_DEVICE: return *name = "CUDA_ERROR_NO_DEVICE", OK;
  case INVALID_CONTEXT: return *name = "CUDA_ERROR_INVALID_CONTEXT", OK;
  case ILLEGAL_ADDRESS: return *name = "CUDA_ERROR_ILLEGAL_ADDRESS", OK;
  case 719: return *name = "CUDA_ERROR_LAUNCH_FAILED", OK;
  default: return *name = nullptr, INVALID_VALUE;
  }
}

EXPORT int cuDeviceGetCount(int *count) {
  CALL();
  *count = settings.devices;
  return OK;
}

EXPORT int cuDeviceGet(int *device, int ordinal) {
  CALL();
  if (ordinal < 0 || ordinal >= settings.devices) return violation("cuDeviceGet: no device %d", ordinal), INVALID_DEVICE;
  *device = ordinal;
  return OK;
}

EXPORT int cuDeviceGetName(char *name, int length, int device) {
  CALL();
  snprintf(name, length, "Stub GPU %d", device);
  return OK;
}

EXPORT int cuDeviceGetAttribute(int *value, int attribute, int) {
  CALL();
  switch (attribute) {
  case 16: return *value = 2, OK;
  case 75: return *value = settings.capability / 10, OK;
  case 76: return *value = settings.capability % 10, OK;
  default: return violation("cuDeviceGetAttribute: %d is not known", attribute), INVALID_VALUE;
  }
}

EXPORT int cuDeviceTotalMem_v2(size_t *bytes, int) {
  CALL();
  *bytes = settings.memory;
  return OK;
}

EXPORT int cuDevicePrimaryCtxRetain(u64 *context, int device) {
  CALL();
  Object *found = nullptr;
  for (Object &object : objects)
    if (object.kind == CONTEXT && object.device == device) found = &object;
  if (!found) found = create(CONTEXT, nullptr);
  found->device = device, found->retained++;
  *context = (u64)found;
  return OK;
}

EXPORT int cuDevicePrimaryCtxRelease_v2(int device) {
  bool fails = failsNow(), dead = lost();
  Object *context = nullptr;
  for (Object &object : objects)
    if (object.kind == CONTEXT && object.device == device) context = &object;
  if (!context) return violation("cuDevicePrimaryCtxRelease_v2: not retained"), INVALID_CONTEXT;
  if (--context->retained == 0) {
    if (dead) queued = 0;
    for (Object &object : objects)
      if (object.kind != FREE && object.context == context) {
        if (object.kind != FUNCTION && !dead) violation("released with a %s in it", KINDS[object.kind]);
        if (object.kind == BUFFER) freeBuffer(&object);
        object.kind = FREE;
      }
    context->kind = FREE;
  }
  return fails ? settings.failCode : OK;
}

EXPORT int cuCtxSetCurrent(u64 context) {
  CALL();
  FIND(found, context, CONTEXT);
  current = found;
  return OK;
}

EXPORT int cuModuleLoadData(u64 *module, const char *image) {
  IN_CONTEXT();
  if (!strstr(image, ".version 6.0\n.target sm_70\n")) return violation("cuModuleLoadData: not our PTX"), INVALID_PTX;
  for (const Kernel &kernel : KERNELS) {
    char entry[64];
    snprintf(entry, sizeof entry, ".entry %s(", kernel.name);
    if (!strstr(image, entry)) violation("cuModuleLoadData: the PTX has no %s", kernel.name);
  }
  *module = (u64)create(MODULE, current);
  return OK;
}

EXPORT int cuModuleUnload(u64 module) {
  GIVING_BACK();
  FIND(found, module, MODULE);
  blocks(__func__);
  found->kind = FREE;
  for (Object &object : objects)
    if (object.kind == FUNCTION && object.context == current) object.kind = FREE;
  return fails ? settings.failCode : OK;
}

EXPORT int cuModuleGetFunction(u64 *function, u64 module, const char *name) {
  IN_CONTEXT();
  FIND(found, module, MODULE);
  for (size_t i = 0; i < sizeof KERNELS / sizeof *KERNELS; i++)
    if (strcmp(KERNELS[i].name, name) == 0) {
      Object *object = create(FUNCTION, found->context);
      object->kernel = i;
      *function = (u64)object;
      return OK;
    }
  return violation("cuModuleGetFunction: no %s", name), NOT_FOUND;
}

EXPORT int cuLaunchKernel(u64 function, u32 gx, u32 gy, u32 gz, u32 bx, u32 by, u32 bz, u32 shared, u64 stream,
                          void **parameters, void **extra) {
  IN_CONTEXT();
  FIND(found, function, FUNCTION);
  FIND(on, stream, STREAM);
  const Kernel &kernel = KERNELS[found->kernel];
  if (gx == 0 || gy != 1 || gz != 1 || bx != 256 || by != 1 || bz != 1 || shared != 0 || extra)
    return violation("%s: launched as %u,%u,%u × %u,%u,%u", kernel.name, gx, gy, gz, bx, by, bz), INVALID_VALUE;
  Operation *operation = enqueue(on);
  launched++;
  operation->kind = Operation::LAUNCH, operation->kernel = found->kernel, operation->blocks = gx;
  for (int i = 0; kernel.parameters[i]; i++) {
    if (kernel.parameters[i] == 'p') {
      operation->values[i] = *(u64 *)parameters[i];
      bufferOf(operation->values[i], 1, kernel.name);
    } else
      operation->values[i] = *(u32 *)parameters[i];
  }
  const u64 *v = operation->values;
  if (kernel.barriers) {
    u64 tile = found->kernel == 1 ? 64 : 128;
    if (v[6] + gx > v[3] * (v[4] / tile)) violation("%s: tiles beyond the last", kernel.name);
    if (v[4] % tile != 0 || v[5] % 8 != 0) violation("%s: not whole tiles", kernel.name);
  } else if ((u64)gx * 256 < v[3] || (u64)gx * 256 >= v[3] + 256)
    violation("%s: %u blocks for %u threads", kernel.name, gx, (u32)v[3]);
  return OK;
}

static u64 usedMemory() {
  u64 used = 0;
  for (Object &object : objects)
    if (object.kind == BUFFER && object.context == current) used += object.bytes;
  return used;
}

EXPORT int cuMemGetInfo_v2(size_t *free, size_t *total) {
  IN_CONTEXT();
  *free = settings.memory - usedMemory();
  *total = settings.memory;
  return OK;
}

EXPORT int cuMemAlloc_v2(u64 *address, size_t bytes) {
  IN_CONTEXT();
  if (bytes == 0) return violation("cuMemAlloc_v2: no bytes"), INVALID_VALUE;
  if (bytes > settings.memory - usedMemory()) return OUT_OF_MEMORY;
  Object *buffer = create(BUFFER, current);
  buffer->bytes = bytes;
  buffer->memory = (char *)malloc(bytes + 2 * GUARD);
  memset(buffer->memory, GUARD_BYTE, bytes + 2 * GUARD);
  // Not zero, and no number as a float: what is used without being set shows.
  memset(buffer->memory + GUARD, 0xff, bytes);
  *address = (u64)buffer->memory + GUARD;
  return OK;
}

EXPORT int cuMemFree_v2(u64 address) {
  GIVING_BACK();
  Object *buffer = bufferOf(address, 1, __func__);
  if (!buffer || address != (u64)buffer->memory + GUARD) return violation("cuMemFree_v2: no start"), INVALID_VALUE;
  blocks(__func__);
  freeBuffer(buffer);
  return fails ? settings.failCode : OK;
}

EXPORT int cuMemsetD8Async(u64 address, unsigned char value, size_t bytes, u64 stream) {
  IN_CONTEXT();
  FIND(on, stream, STREAM);
  if (!bufferOf(address, bytes, __func__)) return INVALID_VALUE;
  Operation *operation = enqueue(on);
  operation->kind = Operation::SET;
  operation->values[0] = address, operation->values[1] = value, operation->values[2] = bytes;
  return OK;
}

/** Fields of CUDA_MEMCPY2D: x, y, type, host, device, array, pitch of each side; width, height. Pageable memory. */
EXPORT int cuMemcpy2DAsync_v2(const u64 *f, u64 stream) {
  IN_CONTEXT();
  FIND(on, stream, STREAM);
  const bool up = f[2] == 1 && f[9] == 2, down = f[2] == 2 && f[9] == 1;
  const u64 width = f[14], height = f[15];
  if (!(up || down) || f[0] || f[7] || f[5] || f[12] || !width || !height || f[6] < width || f[13] < width)
    return violation("cuMemcpy2DAsync_v2: not a copy of rows"), INVALID_VALUE;
  const u64 *device = up ? f + 7 : f;
  if (!bufferOf(device[4] + device[1] * device[6], (height - 1) * device[6] + width, __func__)) return INVALID_VALUE;
  if (up) {
    Operation *operation = enqueue(on);
    operation->kind = Operation::COPY;
    operation->staged = (char *)malloc(width * height);
    memcpy(operation->fields, f, sizeof operation->fields);
    copyRows(operation->staged, width, (const char *)f[3] + f[1] * f[6], f[6], width, height);
  } else {
    blocks(__func__);
    copyRows((char *)f[10] + f[8] * f[13], f[13], (const char *)f[4] + f[1] * f[6], f[6], width, height);
  }
  return OK;
}

EXPORT int cuStreamCreate(u64 *stream, u32 flags) {
  IN_CONTEXT();
  if (flags != 1) return INVALID_VALUE;
  *stream = (u64)create(STREAM, current);
  return OK;
}

EXPORT int cuStreamQuery(u64 stream) {
  IN_CONTEXT();
  FIND(found, stream, STREAM);
  work();
  for (int i = 0; i < queued; i++)
    if (queue[i].stream == found) return NOT_READY;
  return OK;
}

EXPORT int cuStreamDestroy_v2(u64 stream) {
  GIVING_BACK();
  FIND(found, stream, STREAM);
  blocks(__func__);
  found->kind = FREE;
  return fails ? settings.failCode : OK;
}

EXPORT int cuEventCreate(u64 *event, u32 flags) {
  IN_CONTEXT();
  if (flags != 0) return INVALID_VALUE;
  *event = (u64)create(EVENT, current);
  return OK;
}

EXPORT int cuEventRecord(u64 event, u64 stream) {
  IN_CONTEXT();
  FIND(found, event, EVENT);
  FIND(on, stream, STREAM);
  Operation *operation = enqueue(on);
  operation->kind = Operation::RECORD, operation->event = found;
  found->recorded = true;
  return OK;
}

EXPORT int cuEventQuery(u64 event) {
  IN_CONTEXT();
  FIND(found, event, EVENT);
  if (!found->recorded) violation("cuEventQuery: was not recorded");
  if (!found->passed) work();
  return found->passed ? OK : NOT_READY;
}

EXPORT int cuEventElapsedTime(float *ms, u64 start, u64 end) {
  IN_CONTEXT();
  FIND(from, start, EVENT);
  FIND(to, end, EVENT);
  if (!from->passed || !to->passed) return violation("cuEventElapsedTime: not passed"), NOT_READY;
  *ms = to->atMs - from->atMs;
  return OK;
}

EXPORT int cuEventDestroy_v2(u64 event) {
  GIVING_BACK();
  FIND(found, event, EVENT);
  // The driver keeps what is still in the stream; here the work goes with the event.
  for (int i = 0; i < queued; i++)
    if (queue[i].event == found) queue[i].event = &nobody;
  found->kind = FREE;
  return fails ? settings.failCode : OK;
}

// ---- cuBLAS

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

// ---- for tests

EXPORT void stub_reset(int devices, int capability, u64 memory) {
  for (Object &object : objects)
    if (object.kind == BUFFER) free(object.memory);
  memset(objects, 0, sizeof objects);
  memset(report, 0, sizeof report);
  memset(&settings, 0, sizeof settings);
  current = nullptr, initialized = false, queued = 0, waited = 0, launched = 0, calls = 0, clockMs = 0;
  settings.devices = devices, settings.capability = capability, settings.memory = memory, settings.blockMs = 0.25;
}

/** The call `at`, counted from now, fails; sticky: every one after it too. */
EXPORT void stub_fail(int at, int code, int sticky) {
  settings.failAt = calls + at, settings.failCode = code, settings.sticky = sticky;
}
EXPORT void stub_slow(int slowness) { settings.slowness = slowness; }
/** How long a block of threads takes by the device's clock. */
EXPORT void stub_block_ms(double ms) { settings.blockMs = ms; }
EXPORT void stub_blas_fails() { settings.blasFails = 1; }
EXPORT int stub_calls() { return calls; }
EXPORT int stub_launches() { return launched; }
EXPORT const char *stub_report() { return report; }

/** What is alive of what callers have to give back. */
EXPORT int stub_live() {
  int live = 0;
  for (Object &object : objects) live += object.kind != FREE && object.kind != FUNCTION;
  return live;
}
