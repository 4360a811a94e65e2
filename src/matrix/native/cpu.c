/* Which of the compiled sets of SIMD instructions this CPU has. */
#include "kernels.h"

#if defined(__x86_64__)
#include <cpuid.h>
extern const kernels fxn_kernels_sse2, fxn_kernels_avx2, fxn_kernels_avx512;

/* What the operating system saves when it switches threads: without it the registers may not be used. */
static uint64_t saved_registers(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}

const kernels *fxn_kernels(void) {
  enum { OSXSAVE = 1 << 27, FMA = 1 << 12, AVX2 = 1 << 5, F = 1 << 16, DQ = 1 << 17, BW = 1 << 30 };
  const uint32_t VL = 1u << 31;
  uint32_t a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & OSXSAVE) || !(c & FMA)) return &fxn_kernels_sse2;
  uint64_t saved = saved_registers();
  if ((saved & 0x6) != 0x6 || !__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & AVX2)) return &fxn_kernels_sse2;
  int wide = (saved & 0xe6) == 0xe6 && (b & F) && (b & DQ) && (b & BW) && (b & VL);
  return wide ? &fxn_kernels_avx512 : &fxn_kernels_avx2;
}

#elif defined(__aarch64__)
extern const kernels fxn_kernels_neon, fxn_kernels_neon_dotprod;

#if defined(__APPLE__)
static int has_dotprod(void) { return 1; /* every Apple silicon has it */ }
#elif defined(_WIN32)
#include <windows.h>
static int has_dotprod(void) { return IsProcessorFeaturePresent(43 /* PF_ARM_V82_DP_INSTRUCTIONS_AVAILABLE */); }
#else
#include <sys/auxv.h>
static int has_dotprod(void) { return (getauxval(AT_HWCAP) >> 20) & 1; /* HWCAP_ASIMDDP */ }
#endif

const kernels *fxn_kernels(void) { return has_dotprod() ? &fxn_kernels_neon_dotprod : &fxn_kernels_neon; }

#else
extern const kernels fxn_kernels_simd128;
const kernels *fxn_kernels(void) { return &fxn_kernels_simd128; }
#endif
