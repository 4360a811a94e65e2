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
  /* All that x86_64_v3 and v4 let the compiler use (build/native.ts): a hypervisor may hide any of it. */
  const uint32_t V3_LEAF1_C = 1u << 12 /* FMA */ | 1u << 22 /* MOVBE */ | 1u << 27 /* OSXSAVE */ | 1u << 29 /* F16C */;
  const uint32_t V3_LEAF7_B = 1u << 3 /* BMI1 */ | 1u << 5 /* AVX2 */ | 1u << 8 /* BMI2 */;
  const uint32_t LZCNT = 1u << 5;
  const uint32_t V4_LEAF7_B = 1u << 16 /* F */ | 1u << 17 /* DQ */ | 1u << 28 /* CD */ | 1u << 30 /* BW */ | 1u << 31 /* VL */;
  uint32_t a, b, c, d, extended;
  if (!__get_cpuid(1, &a, &b, &c, &d) || (c & V3_LEAF1_C) != V3_LEAF1_C) return &fxn_kernels_sse2;
  if (!__get_cpuid(0x80000001u, &a, &b, &extended, &d) || !(extended & LZCNT)) return &fxn_kernels_sse2;
  const uint64_t saved = saved_registers();
  if ((saved & 0x6) != 0x6 || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return &fxn_kernels_sse2;
  if ((b & V3_LEAF7_B) != V3_LEAF7_B) return &fxn_kernels_sse2;
  return (saved & 0xe6) == 0xe6 && (b & V4_LEAF7_B) == V4_LEAF7_B ? &fxn_kernels_avx512 : &fxn_kernels_avx2;
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
