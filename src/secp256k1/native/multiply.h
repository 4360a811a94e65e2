/* The product of a point that comes once: signed digits with gaps (wNAF), both halves of the factor at once. */
#ifndef FXN_MULTIPLY_H
#define FXN_MULTIPLY_H
#include <string.h>
#include "comb.h"

enum { GAP = 5, ODD_MULTIPLES = 1 << (GAP - 2), DIGITS = HALF_BITS + 1 };

/* Odd digits between -15 and 15, at least five places apart; returns how many places there are. */
static int wnaf(signed char digits[DIGITS], const scalar *k, int minus) {
  int length = 0, carry = 0;
  memset(digits, 0, DIGITS);
  for (int at = 0; at < DIGITS;) {
    if ((int)secp256k1_scalar_get_bits(k, (unsigned)at, 1) == carry) {
      at++;
      continue;
    }
    int digit = (int)secp256k1_scalar_get_bits_var(k, (unsigned)at, GAP) + carry;
    carry = digit >> (GAP - 1) & 1;
    digit -= carry << GAP;
    digits[at] = (signed char)(minus ? -digit : digit);
    length = at + 1;
    at += GAP;
  }
  return length;
}

/* k·point. @param point not infinite */
static jacobian multiply(const affine *point, const scalar *k) {
  /* point and its double on the curve where the double is affine: see multiples(). */
  jacobian two;
  secp256k1_gej_set_ge(&two, point);
  twice(&two);
  const affine step = {two.x, two.y, 0};
  const jacobian at_one = {point->x, point->y, two.z, 0};
  affine first;
  secp256k1_ge_set_gej_zinv(&first, &at_one, &two.z);
  packed odd[ODD_MULTIPLES];
  multiples(odd, ODD_MULTIPLES, &first, &step, &two.z);

  scalar half[2];
  int minus[2];
  split(k, half, minus);
  signed char digits[2][DIGITS];
  const int lengths[2] = {wnaf(digits[0], &half[0], minus[0]), wnaf(digits[1], &half[1], minus[1])};
  jacobian sum;
  secp256k1_gej_set_infinity(&sum);
  for (int at = lengths[0] > lengths[1] ? lengths[0] : lengths[1]; at-- > 0;) {
    twice(&sum);
    for (int h = 0; h < 2; h++) {
      const int digit = digits[h][at];
      if (digit == 0) continue;
      affine term;
      secp256k1_ge_from_storage(&term, &odd[(digit < 0 ? -digit : digit) / 2]);
      if (h == 1) secp256k1_ge_mul_lambda(&term, &term);
      if (digit < 0) secp256k1_fe_negate(&term.y, &term.y, 1);
      add(&sum, &term);
    }
  }
  return sum;
}

#endif
