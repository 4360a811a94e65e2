// A stand-in for NVIDIA's driver and cuBLAS, for tests only. It runs the kernels of kernels.cu on the CPU, keeps account
// of every handle and buffer, and writes down each call that the real libraries would not take, or would block in.
#include "stub-driver.h"
#include "stub-memory.h"
#include "stub-cublas.h"

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
