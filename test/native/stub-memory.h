// The driver: memory, copies, streams and events.
#pragma once
#include "stub-calls.h"
#include "stub-work.h"

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
