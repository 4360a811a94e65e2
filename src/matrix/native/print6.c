/*
 * Go's %.6f: the exact decimal value of a double, rounded half to even at the sixth decimal. C's own printf does the
 * same in good libraries only, is slow, and is not there everywhere.
 */
#include <stdint.h>
#include <string.h>
#include "job.h"

typedef unsigned __int128 u128;
enum { BITS = 52, BIAS = 1023, MILLION = 1000000, LIMBS = 36 };
static const uint32_t LIMB = 1000000000; /* nine decimal digits */

static char *digits(uint64_t value, int least, char *out) {
  char reversed[20];
  int count = 0;
  do reversed[count++] = (char)('0' + value % 10), value /= 10;
  while (value || count < least);
  while (count) *out++ = reversed[--count];
  return out;
}

/* mantissa·2^shift as decimal digits, for values too large for a word; at most 309 digits. */
static char *large(uint64_t mantissa, int shift, char *out) {
  uint32_t limbs[LIMBS] = {(uint32_t)(mantissa % LIMB), (uint32_t)(mantissa / LIMB)};
  int count = 2;
  while (shift > 0) {
    int step = shift > 29 ? 29 : shift;
    uint64_t carry = 0;
    for (int i = 0; i < count; i++) {
      carry += (uint64_t)limbs[i] << step;
      limbs[i] = (uint32_t)(carry % LIMB);
      carry /= LIMB;
    }
    if (carry) limbs[count++] = (uint32_t)carry;
    shift -= step;
  }
  while (count > 1 && limbs[count - 1] == 0) count--;
  out = digits(limbs[count - 1], 1, out);
  for (int i = count - 2; i >= 0; i--) out = digits(limbs[i], 9, out);
  return out;
}

static char *print(double value, char *out) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  const int exponent = (int)(bits >> BITS & 0x7ff);
  const uint64_t fraction = bits & (((uint64_t)1 << BITS) - 1);
  if (exponent == 0x7ff && fraction) return memcpy(out, "NaN", 3), out + 3;
  if (exponent == 0x7ff) return memcpy(out, bits >> 63 ? "-Inf" : "+Inf", 4), out + 4;
  if (bits >> 63) *out++ = '-';
  const uint64_t mantissa = exponent ? fraction | (uint64_t)1 << BITS : fraction;
  const int shift = (exponent ? exponent : 1) - BIAS - BITS; /* value = mantissa·2^shift */

  uint64_t whole, rest = 0;
  if (shift >= 0) {
    if (shift > 10) {
      out = large(mantissa, shift, out);
      return memcpy(out, ".000000", 7), out + 7;
    }
    whole = mantissa << shift;
  } else {
    /* mantissa·10^6 is below 2^73; what is shifted out decides the rounding. */
    const u128 scaled = (u128)mantissa * MILLION;
    const int by = -shift;
    u128 rounded = 0;
    if (by < 127) {
      const u128 out_shifted = scaled & (((u128)1 << by) - 1), half = (u128)1 << (by - 1);
      rounded = scaled >> by;
      if (out_shifted > half || (out_shifted == half && (rounded & 1))) rounded++;
    }
    whole = (uint64_t)(rounded / MILLION);
    rest = (uint64_t)(rounded % MILLION);
  }
  out = digits(whole, 1, out);
  *out++ = '.';
  return digits(rest, 6, out);
}

int fxn_print6(const double *values, int count, char *out) {
  char *end = out;
  for (int i = 0; i < count; i++) end = print(values[i], end);
  return (int)(end - out);
}
