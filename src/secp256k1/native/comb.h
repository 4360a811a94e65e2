/*
 * A comb: all that is needed of a fixed point to multiply it by additions alone. A factor is split in two halves of at
 * most 131 bits, k = k1 + lambda·k2, and each half in signed digits; the second half takes the same points, moved by the
 * endomorphism (x, y) -> (beta·x, y).
 */
#ifndef FXN_COMB_H
#define FXN_COMB_H
#include "multiples.h"

enum { HALF_BITS = 131 };

/* points[i·2^(width-1) + j - 1] = j·2^(width·i)·Q */
typedef struct {
  int width;
  int windows_done;
  /* 2^(width·windows_done)·Q */
  jacobian next;
  packed *points;
} comb;

static int comb_windows(int width) { return (HALF_BITS + width) / width; }
static int comb_points(int width) { return comb_windows(width) << (width - 1); }

static void comb_begin(comb *c, int width, const affine *point, packed *points) {
  c->width = width;
  c->windows_done = 0;
  c->points = points;
  secp256k1_gej_set_ge(&c->next, point);
}

/* Makes the next window; 1 while there are more to be made. */
static int comb_step(comb *c) {
  const int count = 1 << (c->width - 1);
  multiples(c->points + c->windows_done * count, count, &c->next);
  for (int i = 0; i < c->width; i++) twice(&c->next);
  return ++c->windows_done < comb_windows(c->width);
}

/* k = ±half[0] ± lambda·half[1]; signs are 1 for minus. */
static void split(const scalar *k, scalar half[2], int minus[2]) {
  secp256k1_scalar_split_lambda(&half[0], &half[1], k);
  for (int i = 0; i < 2; i++) {
    minus[i] = secp256k1_scalar_is_high(&half[i]);
    if (minus[i]) secp256k1_scalar_negate(&half[i], &half[i]);
  }
}

/* A point of a comb that a product needs: moved by the endomorphism, or its opposite. */
typedef struct {
  packed point;
  int moved, minus;
} term;

/* The points whose sum is k·Q; returns how many they are, two for each window at most. */
static int comb_terms(term *terms, const comb *c, const scalar *k) {
  const int windows = comb_windows(c->width), most = 1 << (c->width - 1);
  int count = 0;
  scalar half[2];
  int minus[2];
  split(k, half, minus);
  for (int h = 0; h < 2; h++) {
    int carry = 0;
    for (int i = 0; i < windows; i++) {
      int digit = (int)secp256k1_scalar_get_bits_var(&half[h], (unsigned)(i * c->width), (unsigned)c->width) + carry;
      carry = digit > most;
      if (carry) digit -= 2 * most;
      if (digit == 0) continue;
      terms[count++] = (term){c->points[i * most + (digit < 0 ? -digit : digit) - 1], h, (digit < 0) != minus[h]};
    }
  }
  return count;
}

/*
 * sum += all terms, MOST_POINTS at most. They were copied before any is worked on: nearly all of them have to come from
 * far memory, and so they come at once.
 */
static void add_terms(jacobian *sum, const term *terms, int count) {
  affine points[MOST_POINTS];
  for (int i = 0; i < count; i++) {
    secp256k1_ge_from_storage(&points[i], &terms[i].point);
    if (terms[i].moved) secp256k1_ge_mul_lambda(&points[i], &points[i]);
    if (terms[i].minus) secp256k1_fe_negate(&points[i].y, &points[i].y, 1);
  }
  add_all(sum, points, count);
}

#endif
