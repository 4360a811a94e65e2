/* Multiples of a point, packed: what the tables of comb.h and multiply.h are made of. */
#ifndef FXN_MULTIPLES_H
#define FXN_MULTIPLES_H
#include "points.h"

enum { MOST_MULTIPLES = 1 << 10 };

/*
 * out[i] = first + i·step for count points, none of which may be infinite. Both are given by x and y of Jacobian
 * coordinates with one common z: a curve on which they are affine, so that mixed additions do, and one inverse at the end
 * brings all of them back.
 */
static void multiples(packed *out, int count, const affine *first, const affine *step, const fe *z) {
  static jacobian points[MOST_MULTIPLES];
  static fe products[MOST_MULTIPLES];
  jacobian sum;
  secp256k1_gej_set_ge(&sum, first);
  fe product;
  secp256k1_fe_set_int(&product, 1);
  for (int i = 0; i < count; i++) {
    if (i > 0) add(&sum, step);
    points[i] = sum;
    products[i] = product;
    secp256k1_fe_mul(&product, &product, &sum.z);
  }
  /* 1/(z·z_i) = (1/(z·z_0···z_i))·(z_0···z_(i-1)): Montgomery's trick. */
  secp256k1_fe_mul(&product, &product, z);
  fe inverse = fe_inverse(&product);
  for (int i = count - 1; i >= 0; i--) {
    fe zi;
    affine point;
    secp256k1_fe_mul(&zi, &inverse, &products[i]);
    secp256k1_ge_set_gej_zinv(&point, &points[i], &zi);
    secp256k1_ge_to_storage(&out[i], &point);
    secp256k1_fe_mul(&inverse, &inverse, &points[i].z);
  }
}

#endif
