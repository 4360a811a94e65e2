// The driver: start, devices, contexts, modules and launches.
#pragma once
#include "stub-calls.h"
#include "stub-work.h"

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
