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

/*
 * The first odd multiples of a point that is not infinite, and the same moved by the endomorphism, as if they were affine:
 * the curve is stretched so that one z, which is returned, fits all of them, and no inverse is needed.
 */
static fe odd_multiples(affine odd[2][ODD_MULTIPLES], const affine *point) {
  jacobian two, sum;
  secp256k1_gej_set_ge(&two, point);
  twice(&two);
  /* First stretched so that the step, twice the point, is affine. */
  const affine step = {two.x, two.y, 0};
  const jacobian start = {point->x, point->y, two.z, 0};
  affine stretched;
  secp256k1_ge_set_gej_zinv(&stretched, &start, &two.z);
  secp256k1_gej_set_ge(&sum, &stretched);
  jacobian chain[ODD_MULTIPLES] = {sum};
  fe growth[ODD_MULTIPLES];
  for (int i = 1; i < ODD_MULTIPLES; i++) {
    add_growing(&sum, &step, &growth[i]);
    chain[i] = sum;
  }
  /* Then to the z of the last. */
  fe factor;
  secp256k1_fe_set_int(&factor, 1);
  for (int i = ODD_MULTIPLES; i-- > 0;) {
    secp256k1_ge_set_gej_zinv(&odd[0][i], &chain[i], &factor);
    secp256k1_ge_mul_lambda(&odd[1][i], &odd[0][i]);
    if (i > 0) secp256k1_fe_mul(&factor, &factor, &growth[i]);
  }
  secp256k1_fe_mul(&factor, &sum.z, &two.z);
  return factor;
}

/* k·point. @param point not infinite */
static jacobian multiply(const affine *point, const scalar *k) {
  affine odd[2][ODD_MULTIPLES];
  const fe z = odd_multiples(odd, point);
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
      affine summand = odd[h][(digit < 0 ? -digit : digit) / 2];
      if (digit < 0) secp256k1_fe_negate(&summand.y, &summand.y, 1);
      add(&sum, &summand);
    }
  }
  secp256k1_fe_mul(&sum.z, &sum.z, &z);
  return sum;
}

#endif
