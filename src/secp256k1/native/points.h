/*
 * Sums of points. The formulas are complete: equal, opposite and infinite points come out right, since callers choose
 * their keys and signatures. Magnitudes (field.h of the borrowed library) are in brackets; a product takes up to 8.
 */
#ifndef FXN_POINTS_H
#define FXN_POINTS_H
#include "inverse.h"

/* How many pairs make an inverse for all of them cheaper than what it saves, five products each. */
#if defined(USE_FIELD_5X52)
enum { FE_LIMBS = 5, FE_BITS = 52, PAIRS_WORTH = 14 };
typedef uint64_t fe_limb;
#else
enum { FE_LIMBS = 10, FE_BITS = 26, PAIRS_WORTH = 8 };
typedef uint32_t fe_limb;
#endif

/* a/2: an odd one is made even by adding p first. [m] -> [m/2 + 1] */
static void halve(fe *a) {
  static const fe p = SECP256K1_FE_CONST(0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
                                         0xfffffffe, 0xfffffc2f);
  const fe_limb odd = -(a->n[0] & 1);
  for (int i = 0; i < FE_LIMBS; i++) a->n[i] += p.n[i] & odd;
  for (int i = 0; i < FE_LIMBS - 1; i++) a->n[i] = (a->n[i] >> 1) + ((a->n[i + 1] & 1) << (FE_BITS - 1));
  a->n[FE_LIMBS - 1] >>= 1;
#if defined(VERIFY)
  a->magnitude = a->magnitude / 2 + 1;
  a->normalized = 0;
  secp256k1_fe_verify(a);
#endif
}

/* 2·a, in place. No point of this curve has y = 0, so only infinity is its own double. x [<= 4], y [<= 4], z [1] */
static void twice(jacobian *a) {
  fe l, s, t;
  if (a->infinity) return;
  secp256k1_fe_mul(&a->z, &a->z, &a->y); /* Z = Y·Z */
  secp256k1_fe_sqr(&s, &a->y);
  secp256k1_fe_sqr(&l, &a->x);
  secp256k1_fe_mul_int(&l, 3);
  halve(&l); /* L = 3/2·X² [2] */
  secp256k1_fe_negate(&t, &s, 1);
  secp256k1_fe_mul(&t, &t, &a->x); /* T = -X·Y² [1] */
  secp256k1_fe_sqr(&a->x, &l);
  secp256k1_fe_add(&a->x, &t);
  secp256k1_fe_add(&a->x, &t); /* X = L² + 2T [3] */
  secp256k1_fe_sqr(&s, &s);
  secp256k1_fe_add(&t, &a->x);
  secp256k1_fe_mul(&a->y, &t, &l);
  secp256k1_fe_add(&a->y, &s);
  secp256k1_fe_negate(&a->y, &a->y, 2); /* Y = -(L·(X + T) + Y⁴) [3] */
}

/* a += b. b is not infinite. x [<= 4], y [<= 4], z [1]. growth, when asked for: by how much z grew, if both differ. */
static void add_growing(jacobian *a, const affine *b, fe *growth) {
  fe zz, u, s, h, i, h2, h3, t;
  if (a->infinity) return secp256k1_gej_set_ge(a, b);
  secp256k1_fe_sqr(&zz, &a->z);
  secp256k1_fe_mul(&u, &b->x, &zz);
  secp256k1_fe_mul(&s, &b->y, &zz);
  secp256k1_fe_mul(&s, &s, &a->z);
  secp256k1_fe_negate(&h, &a->x, 4);
  secp256k1_fe_add(&h, &u); /* H = bx·Z² - X [6] */
  secp256k1_fe_negate(&i, &s, 1);
  secp256k1_fe_add(&i, &a->y); /* I = Y - by·Z³ [6] */
  if (secp256k1_fe_normalizes_to_zero_var(&h)) {
    if (secp256k1_fe_normalizes_to_zero_var(&i)) return twice(a);
    return secp256k1_gej_set_infinity(a);
  }
  if (growth) *growth = h;
  secp256k1_fe_mul(&a->z, &a->z, &h);
  secp256k1_fe_sqr(&h2, &h);
  secp256k1_fe_negate(&h2, &h2, 1);
  secp256k1_fe_mul(&h3, &h2, &h);   /* -H³ */
  secp256k1_fe_mul(&t, &a->x, &h2); /* -X·H² */
  secp256k1_fe_sqr(&a->x, &i);
  secp256k1_fe_add(&a->x, &h3);
  secp256k1_fe_add(&a->x, &t);
  secp256k1_fe_add(&a->x, &t); /* X = I² - H³ - 2·X·H² [4] */
  secp256k1_fe_add(&t, &a->x);
  secp256k1_fe_mul(&h3, &h3, &a->y);
  secp256k1_fe_mul(&a->y, &t, &i);
  secp256k1_fe_add(&a->y, &h3); /* Y = I·(X - X·H²) - Y·H³ [2] */
}

static void add(jacobian *a, const affine *b) { add_growing(a, b, NULL); }

/* a += b by the slope between them, both affine; slope_below = 1 / (bx - ax). x [1], y [<= 2] */
static void join(affine *a, const affine *b, const fe *slope_below) {
  fe slope, x, t;
  secp256k1_fe_negate(&slope, &a->y, 2);
  secp256k1_fe_add(&slope, &b->y);
  secp256k1_fe_mul(&slope, &slope, slope_below);
  secp256k1_fe_sqr(&x, &slope);
  secp256k1_fe_negate(&t, &a->x, 1);
  secp256k1_fe_add(&x, &t);
  secp256k1_fe_negate(&t, &b->x, 1);
  secp256k1_fe_add(&x, &t);
  secp256k1_fe_normalize_weak(&x); /* slope² - ax - bx */
  secp256k1_fe_negate(&t, &x, 1);
  secp256k1_fe_add(&t, &a->x);
  secp256k1_fe_mul(&t, &t, &slope);
  secp256k1_fe_negate(&a->y, &a->y, 2);
  secp256k1_fe_add(&a->y, &t);
  secp256k1_fe_normalize_weak(&a->y); /* slope·(ax - x) - ay */
  a->x = x;
}

enum { MOST_POINTS = 64 };

/*
 * sum += all points, MOST_POINTS at most, which are used up. As long as there are many, pairs of them are joined in
 * affine coordinates: six products each and one inverse for all of them (Montgomery's trick), where a Jacobian addition
 * takes eleven. A pair of equal or opposite points, which has no slope, goes into the sum by the complete formula.
 */
static void add_all(jacobian *sum, affine *points, int count) {
  fe dx[MOST_POINTS / 2], before[MOST_POINTS / 2];
  while (count / 2 >= PAIRS_WORTH) {
    int pairs = 0;
    fe product;
    secp256k1_fe_set_int(&product, 1);
    for (int i = 0; i + 1 < count; i += 2) {
      const affine a = points[i], b = points[i + 1];
      secp256k1_fe_negate(&dx[pairs], &a.x, 1);
      secp256k1_fe_add(&dx[pairs], &b.x);
      if (secp256k1_fe_normalizes_to_zero_var(&dx[pairs])) {
        add(sum, &a), add(sum, &b);
        continue;
      }
      before[pairs] = product;
      secp256k1_fe_mul(&product, &product, &dx[pairs]);
      points[2 * pairs] = a, points[2 * pairs + 1] = b;
      pairs++;
    }
    const int odd = count & 1;
    const affine last = points[count - 1];
    fe inverse = fe_inverse(&product);
    for (int i = pairs; i-- > 0;) {
      fe below;
      secp256k1_fe_mul(&below, &inverse, &before[i]);
      secp256k1_fe_mul(&inverse, &inverse, &dx[i]);
      join(&points[2 * i], &points[2 * i + 1], &below);
    }
    for (int i = 1; i < pairs; i++) points[i] = points[2 * i];
    if (odd) points[pairs] = last;
    count = pairs + odd;
  }
  for (int i = 0; i < count; i++) add(sum, &points[i]);
}

#endif
