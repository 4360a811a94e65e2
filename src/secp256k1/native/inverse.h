/*
 * Inverses modulo p and n by Bernstein and Yang's divsteps (https://gcd.cr.yp.to/papers.html#safegcd), in variable time:
 * several times as fast as the powers by which the borrowed library inverts. Everything it sees is public.
 */
#ifndef FXN_INVERSE_H
#define FXN_INVERSE_H
#include "libsecp256k1.h"

/* A number is LIMBS signed limbs of STEP bits, the top one carrying the sign; STEP divsteps are done on the lowest. */
#if defined(HAVE___INT128)
typedef int64_t limb;
typedef uint64_t ulimb;
typedef __int128 wide;
enum { STEP = 62, LIMBS = 5 };
#define trailing_zeros __builtin_ctzll
#else
typedef int32_t limb;
typedef uint32_t ulimb;
typedef int64_t wide;
enum { STEP = 30, LIMBS = 9 };
#define trailing_zeros __builtin_ctz
#endif
#define LOW ((ulimb)-1 >> 2)

typedef struct {
  limb v[LIMBS];
} number;

/* What STEP divsteps do to (f, g), times 2^STEP. */
typedef struct {
  limb u, v, q, r;
} matrix;

/* from: 32 bytes, big-endian. */
static number number_of(const unsigned char *from) {
  number made = {{0}};
  for (int bit = 0; bit < 256; bit += 8) {
    const ulimb byte = from[31 - bit / 8];
    const int at = bit / STEP, shift = bit % STEP;
    made.v[at] |= (limb)(byte << shift & LOW);
    if (shift > STEP - 8) made.v[at + 1] |= (limb)(byte >> (STEP - shift));
  }
  return made;
}

static void bytes_of(unsigned char *into, const number *from) {
  for (int bit = 0; bit < 256; bit += 8) {
    const int at = bit / STEP, shift = bit % STEP;
    ulimb byte = (ulimb)from->v[at] >> shift;
    if (shift > STEP - 8) byte |= (ulimb)from->v[at + 1] << (STEP - shift);
    into[31 - bit / 8] = (unsigned char)byte;
  }
}

/* Does STEP divsteps on the lowest limbs f (odd) and g. eta is the paper's -delta; the new one is returned. */
static limb divsteps(limb eta, ulimb f, ulimb g, matrix *t) {
  ulimb u = 1, v = 0, q = 0, r = 1;
  for (int left = STEP;;) {
    /* As many halvings of g as come in a row, at most those that are left. */
    const int zeros = trailing_zeros(g | (ulimb)-1 << left);
    g >>= zeros, u <<= zeros, v <<= zeros;
    eta -= zeros, left -= zeros;
    if (left == 0) break;
    if (eta < 0) {
      ulimb was = f;
      eta = -eta;
      f = g, g = -was;
      was = u, u = q, q = -was;
      was = v, v = r, r = -was;
    }
    /* Adding w·f clears as many low bits of g as may be halved away before the next swap; 1/f = f·(2 - f²) mod 64. */
    const int clear = eta + 1 > left ? left : (int)eta + 1;
    const ulimb w = f * g * (f * f - 2) & (clear < 6 ? ((ulimb)1 << clear) - 1 : 63);
    g += f * w, q += u * w, r += v * w;
  }
  *t = (matrix){(limb)u, (limb)v, (limb)q, (limb)r};
  return eta;
}

/* (f, g) = t·(f, g) / 2^STEP, exactly; both have `length` limbs. */
static void advance(number *f, number *g, const matrix *t, int length) {
  wide cf = (wide)t->u * f->v[0] + (wide)t->v * g->v[0], cg = (wide)t->q * f->v[0] + (wide)t->r * g->v[0];
  cf >>= STEP, cg >>= STEP;
  for (int i = 1; i < length; i++) {
    const limb fi = f->v[i], gi = g->v[i];
    cf += (wide)t->u * fi + (wide)t->v * gi;
    cg += (wide)t->q * fi + (wide)t->r * gi;
    f->v[i - 1] = (limb)((ulimb)cf & LOW), cf >>= STEP;
    g->v[i - 1] = (limb)((ulimb)cg & LOW), cg >>= STEP;
  }
  f->v[length - 1] = (limb)cf, g->v[length - 1] = (limb)cg;
}

/* (d, e) = t·(d, e) / 2^STEP modulo m, both in (-2m, m) before and after. inverse: of m, modulo 2^STEP. */
static void follow(number *d, number *e, const matrix *t, const number *m, ulimb inverse) {
  const limb below_d = d->v[LIMBS - 1] >> (sizeof(limb) * 8 - 1), below_e = e->v[LIMBS - 1] >> (sizeof(limb) * 8 - 1);
  /* As much of m as makes negative ones positive, and then what makes the lowest limb zero. */
  limb md = (t->u & below_d) + (t->v & below_e), me = (t->q & below_d) + (t->r & below_e);
  wide cd = (wide)t->u * d->v[0] + (wide)t->v * e->v[0], ce = (wide)t->q * d->v[0] + (wide)t->r * e->v[0];
  md -= (limb)((inverse * (ulimb)cd + (ulimb)md) & LOW);
  me -= (limb)((inverse * (ulimb)ce + (ulimb)me) & LOW);
  cd += (wide)m->v[0] * md, ce += (wide)m->v[0] * me;
  cd >>= STEP, ce >>= STEP;
  for (int i = 1; i < LIMBS; i++) {
    const limb di = d->v[i], ei = e->v[i];
    cd += (wide)t->u * di + (wide)t->v * ei + (wide)m->v[i] * md;
    ce += (wide)t->q * di + (wide)t->r * ei + (wide)m->v[i] * me;
    d->v[i - 1] = (limb)((ulimb)cd & LOW), cd >>= STEP;
    e->v[i - 1] = (limb)((ulimb)ce & LOW), ce >>= STEP;
  }
  d->v[LIMBS - 1] = (limb)cd, e->v[LIMBS - 1] = (limb)ce;
}

/* Adds `times` times m, and makes all limbs but the top one positive again. */
static void add_multiple(number *d, const number *m, limb times) {
  for (int i = 0; i < LIMBS; i++) d->v[i] += times * m->v[i];
  for (int i = 0; i < LIMBS - 1; i++) d->v[i + 1] += d->v[i] >> STEP, d->v[i] &= (limb)LOW;
}

/* 1 when the top limbs of f and g are only signs, and can be folded into those below them. */
static int foldable(limb f, limb g) { return (f == 0 || f == -1) && (g == 0 || g == -1); }

static int is_zero(const number *g, int length) {
  limb any = 0;
  for (int i = 0; i < length; i++) any |= g->v[i];
  return any == 0;
}

/* bytes = 1/bytes modulo the prime m, both 32 bytes, big-endian. @param bytes not zero, below m */
static void invert(unsigned char *bytes, const unsigned char *modulus) {
  const number m = number_of(modulus);
  /* 1/m modulo 2^STEP, by Newton's steps: m itself is right to three bits, and each step doubles them. */
  ulimb inverse = (ulimb)m.v[0];
  for (int bits = 3; bits < STEP; bits *= 2) inverse *= 2 - (ulimb)m.v[0] * inverse;
  number d = {{0}}, e = {{1}}, f = m, g = number_of(bytes);
  limb eta = -1;
  for (int length = LIMBS;;) {
    matrix t;
    eta = divsteps(eta, (ulimb)f.v[0], (ulimb)g.v[0], &t);
    follow(&d, &e, &t, &m, inverse & LOW);
    advance(&f, &g, &t, length);
    if (is_zero(&g, length)) {
      /* f is 1 or -1, and d·bytes = f. */
      const int negative = f.v[length - 1] < 0;
      if (d.v[LIMBS - 1] < 0) add_multiple(&d, &m, 1);
      if (negative)
        for (int i = 0; i < LIMBS; i++) d.v[i] = -d.v[i];
      add_multiple(&d, &m, 0);
      if (d.v[LIMBS - 1] < 0) add_multiple(&d, &m, 1);
      return bytes_of(bytes, &d);
    }
    if (length > 1 && foldable(f.v[length - 1], g.v[length - 1])) {
      length--;
      f.v[length - 1] |= (limb)((ulimb)f.v[length] << STEP);
      g.v[length - 1] |= (limb)((ulimb)g.v[length] << STEP);
    }
  }
}

static const unsigned char P[32] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                    0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xfc, 0x2f};
static const unsigned char N[32] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                    0xff, 0xff, 0xff, 0xff, 0xfe, 0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48,
                                    0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41};

/* @param a not zero */
static fe fe_inverse(const fe *a) {
  unsigned char bytes[32];
  fe r = *a;
  secp256k1_fe_normalize_var(&r);
  secp256k1_fe_get_b32(bytes, &r);
  invert(bytes, P);
  secp256k1_fe_set_b32(&r, bytes);
  return r;
}

/* @param a not zero */
static scalar scalar_inverse(const scalar *a) {
  unsigned char bytes[32];
  scalar r;
  secp256k1_scalar_get_b32(bytes, a);
  invert(bytes, N);
  secp256k1_scalar_set_b32(&r, bytes, NULL);
  return r;
}

#endif
