// Lets kernels.cu run on the CPU: what nvcc's headers would define, with every thread of a block as a fiber.
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <ucontext.h>

typedef float float4 __attribute__((ext_vector_type(4)));
typedef double double2 __attribute__((ext_vector_type(2)));
typedef int int4 __attribute__((ext_vector_type(4)));
typedef unsigned uint4 __attribute__((ext_vector_type(4)));

#define __global__
#define __device__ static
#define __shared__ static
#define __forceinline__ inline
#define __launch_bounds__(...)

struct Index {
  unsigned x;
};
static Index threadIdx, blockIdx;

static inline double __dmul_rn(double a, double b) { return a * b; }
static inline double __dadd_rn(double a, double b) { return a + b; }
static inline unsigned __umulhi(unsigned a, unsigned b) { return (uint64_t)a * b >> 32; }
static inline int __dp4a(int a, int b, int c) {
  for (int i = 0; i < 4; i++) c += (int8_t)(a >> 8 * i) * (int8_t)(b >> 8 * i);
  return c;
}

namespace fibers {
constexpr unsigned COUNT = 256, STACK_BYTES = 64 * 1024;
static ucontext_t scheduler, fiber[COUNT];
static bool finished[COUNT];
alignas(16) static char stacks[COUNT][STACK_BYTES];
static void (*body)(const uint64_t *);
static const uint64_t *values;

static void run() {
  body(values);
  finished[threadIdx.x] = true;
}

/** Runs one block up to its end. @return false when only some of its threads came to a barrier */
static bool block(void (*kernel)(const uint64_t *), const uint64_t *arguments) {
  body = kernel, values = arguments;
  for (unsigned i = 0; i < COUNT; i++) {
    finished[i] = false;
    getcontext(&fiber[i]);
    fiber[i].uc_stack.ss_sp = stacks[i];
    fiber[i].uc_stack.ss_size = STACK_BYTES;
    fiber[i].uc_link = &scheduler;
    makecontext(&fiber[i], run, 0);
  }
  for (unsigned left = COUNT; left > 0;) {
    left = 0;
    for (unsigned i = 0; i < COUNT; i++) {
      if (finished[i]) return false;
      threadIdx.x = i;
      swapcontext(&scheduler, &fiber[i]);
      left += !finished[i];
    }
    if (left != 0 && left != COUNT) return false;
  }
  return true;
}
} // namespace fibers

/** Each thread waits here until all others have come as far. */
static inline void __syncthreads() { swapcontext(&fibers::fiber[threadIdx.x], &fibers::scheduler); }
