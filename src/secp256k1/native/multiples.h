/* Multiples of a point, packed: what the tables of comb.h are made of. */
#ifndef FXN_MULTIPLES_H
#define FXN_MULTIPLES_H
#include "points.h"

enum { MOST_MULTIPLES = 1 << 10 };

/*
 * out[i] = (i + 1)·point for count points, none of which is infinite. x and y alone are a point of a stretched curve, in
 * which it is affine: so all sums are of the cheaper kind, and one inverse brings all of them back.
 */
static void multiples(packed *out, int count, const jacobian *point) {
  static jacobian sums[MOST_MULTIPLES];
  static fe products[MOST_MULTIPLES];
  const affine step = {point->x, point->y, 0};
  jacobian sum;
  secp256k1_gej_set_ge(&sum, &step);
  fe product;
  secp256k1_fe_set_int(&product, 1);
  for (int i = 0; i < count; i++) {
    if (i > 0) add(&sum, &step);
    sums[i] = sum;
    products[i] = product;
    secp256k1_fe_mul(&product, &product, &sum.z);
  }
  /* 1 / (z·z_0 ··· z_i), times z_0 ··· z_(i-1), is that of one point: Montgomery's trick. */
  secp256k1_fe_mul(&product, &product, &point->z);
  fe inverse = fe_inverse(&product);
  for (int i = count; i-- > 0;) {
    fe zi;
    affine multiple;
    secp256k1_fe_mul(&zi, &inverse, &products[i]);
    secp256k1_ge_set_gej_zinv(&multiple, &sums[i], &zi);
    secp256k1_ge_to_storage(&out[i], &multiple);
    secp256k1_fe_mul(&inverse, &inverse, &sums[i].z);
  }
}

#endif
