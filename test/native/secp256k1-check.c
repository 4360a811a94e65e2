/*
 * Checks what verification stands on against the borrowed library's own slow ways, with what a hostile caller would pick:
 * inverses at the edges, sums of equal and opposite points, combs of G itself and of its relatives. Prints how many are
 * wrong.
 */
#include <stdio.h>
#include "verify.c"

static int wrong = 0;
static uint64_t state = 88172645463325252u;

static uint64_t next(void) { return state ^= state << 13, state ^= state >> 7, state ^= state << 17; }

static scalar random_scalar(void) {
  unsigned char bytes[32];
  for (int i = 0; i < 32; i++) bytes[i] = (unsigned char)next();
  scalar s;
  secp256k1_scalar_set_b32(&s, bytes, NULL);
  return s;
}

static scalar small(int value) {
  scalar s;
  secp256k1_scalar_set_int(&s, (unsigned)(value < 0 ? -value : value));
  if (value < 0) secp256k1_scalar_negate(&s, &s);
  return s;
}

/* 2^bit + add, modulo n. */
static scalar power(int bit, int add) {
  scalar s = small(1), a = small(add);
  for (int i = 0; i < bit; i++) secp256k1_scalar_add(&s, &s, &s);
  secp256k1_scalar_add(&s, &s, &a);
  return s;
}

static const scalar LAMBDA = SECP256K1_SCALAR_CONST(0x5363ad4cu, 0xc05c30e0u, 0xa5261c02u, 0x8812645au, 0x122e22eau,
                                                    0x20816678u, 0xdf02967cu, 0x1b23bd72u);

enum { EDGES = 32 };
static scalar edges[EDGES];

static void make_edges(void) {
  int count = 0;
  for (int i = -5; i <= 5; i++) edges[count++] = small(i);
  for (int i = 0; i < 6; i++) edges[count++] = power((const int[]){7, 8, 11, 88, 128, 131}[i], 0);
  for (int i = 0; i < 6; i++) edges[count++] = power((const int[]){7, 8, 11, 88, 128, 255}[i], -1);
  for (int i = 0; i < 3; i++) edges[count++] = power((const int[]){7, 10, 130}[i], 1);
  edges[count++] = LAMBDA;
  secp256k1_scalar_negate(&edges[count++], &LAMBDA);
  secp256k1_scalar_mul(&edges[count++], &LAMBDA, &LAMBDA);
  while (count < EDGES) edges[count++] = random_scalar();
}

/* k·point, bit by bit, with the library's formulas. */
static jacobian slowly(const affine *point, const scalar *k) {
  jacobian sum;
  secp256k1_gej_set_infinity(&sum);
  for (int bit = 255; bit >= 0; bit--) {
    secp256k1_gej_double_var(&sum, &sum, NULL);
    if (secp256k1_scalar_get_bits(k, (unsigned)bit, 1)) secp256k1_gej_add_ge_var(&sum, &sum, point, NULL);
  }
  return sum;
}

static int same(const jacobian *a, const jacobian *b) {
  jacobian difference;
  secp256k1_gej_neg(&difference, b);
  secp256k1_gej_add_var(&difference, &difference, a, NULL);
  return difference.infinity;
}

static affine affine_of(jacobian point) {
  affine made;
  secp256k1_ge_set_gej_var(&made, &point);
  return made;
}

static void check_inverse(const scalar *k) {
  if (secp256k1_scalar_is_zero(k)) return;
  scalar of_scalar = scalar_inverse(k), product;
  secp256k1_scalar_mul(&product, k, &of_scalar);
  wrong += !secp256k1_scalar_is_one(&product);
  unsigned char bytes[32];
  secp256k1_scalar_get_b32(bytes, k);
  fe x, one;
  secp256k1_fe_set_b32(&x, bytes);
  secp256k1_fe_set_int(&one, 1);
  for (int sign = 0; sign < 2; sign++, secp256k1_fe_negate(&x, &x, 1)) {
    fe inverse = fe_inverse(&x), of_fe, twofold = x;
    secp256k1_fe_mul(&of_fe, &inverse, &x);
    wrong += !secp256k1_fe_equal_var(&of_fe, &one);
    halve(&twofold);
    secp256k1_fe_mul_int(&twofold, 2);
    secp256k1_fe_normalize_weak(&x);
    secp256k1_fe_normalize_weak(&twofold);
    wrong += !secp256k1_fe_equal_var(&twofold, &x);
  }
}

/* Lists in which most points are equal, or each other's opposite. */
static void check_sums(const affine *point) {
  affine list[MOST_POINTS];
  for (int count = 0; count <= MOST_POINTS; count++) {
    jacobian expected, sum;
    secp256k1_gej_set_infinity(&expected);
    secp256k1_gej_set_infinity(&sum);
    for (int i = 0; i < count; i++) {
      list[i] = *point;
      if (next() % 3 == 0) secp256k1_fe_negate(&list[i].y, &list[i].y, 1);
      if (next() % 3 == 0) secp256k1_ge_mul_lambda(&list[i], &list[i]);
      secp256k1_gej_add_ge_var(&expected, &expected, &list[i], NULL);
    }
    add_all(&sum, list, count);
    wrong += !same(&sum, &expected);
  }
}

/* j·G + k·Q by the combs, and k·Q by multiply. */
static void check_products(const affine *q, int table, const scalar *j, const scalar *k) {
  term terms[MOST_POINTS];
  jacobian sum, expected = slowly(q, k), of_g = slowly(&secp256k1_ge_const_g, j);
  const jacobian product = multiply(q, k);
  wrong += !same(&product, &expected);
  int count = comb_terms(terms, &g, j);
  count += comb_terms(terms + count, &tables[table], k);
  secp256k1_gej_set_infinity(&sum);
  add_terms(&sum, terms, count);
  secp256k1_gej_add_var(&expected, &expected, &of_g, NULL);
  wrong += !same(&sum, &expected);
}

int main(void) {
  fxn_open();
  make_edges();
  const int table = fxn_table_new();
  for (int i = 0; i < EDGES; i++) check_inverse(&edges[i]);
  for (int i = 0; i < 2000; i++) {
    const scalar k = random_scalar();
    check_inverse(&k);
  }
  for (int i = 0; i < EDGES; i++) {
    if (secp256k1_scalar_is_zero(&edges[i])) continue;
    affine q = affine_of(slowly(&secp256k1_ge_const_g, &edges[i]));
    secp256k1_fe_normalize(&q.x), secp256k1_fe_normalize(&q.y);
    check_sums(&q);
    secp256k1_fe_get_b32(mailbox.key, &q.x);
    secp256k1_fe_get_b32(mailbox.key + 32, &q.y);
    wrong += !fxn_table_begin(table);
    while (fxn_table_step(table)) {}
    scalar minus;
    secp256k1_scalar_negate(&minus, &edges[i]);
    for (int e = 0; e < EDGES; e++) {
      scalar j;
      /* Factors that are equal, opposite, and cancel to nothing: e·(i·G) - (e·i)·G. */
      secp256k1_scalar_mul(&j, &minus, &edges[e]);
      check_products(&q, table, &j, &edges[e]);
      check_products(&q, table, &edges[e], &edges[e]);
      check_products(&q, table, &edges[EDGES - 1 - e], &edges[e]);
    }
  }
  printf("%d wrong\n", wrong);
  return wrong != 0;
}
