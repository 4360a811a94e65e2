// What the stand-in knows: settings of the test, every object that is alive, and what callers did wrong.
#pragma once
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t u64;

enum {
  OK = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NOT_INITIALIZED = 3, NO_DEVICE = 100, INVALID_DEVICE = 101,
  INVALID_CONTEXT = 201, INVALID_PTX = 218, INVALID_HANDLE = 400, NOT_FOUND = 500, NOT_READY = 600,
  ILLEGAL_ADDRESS = 700,
};

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
