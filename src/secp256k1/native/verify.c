/*
 * Signature verification as JavaScript calls it: ECDSA by a known key's comb, ECDSA by recovery, and BIP-340. One caller
 * at a time: arguments and answers lie in one mailbox. Only public data ever comes here, never a private key.
 */
#include <stddef.h>
#include "keccak.h"
#include "multiply.h"

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default"), used))
#endif

/* A caller's comb of 136 KB, and one of 768 KB for G, which is in every sum. */
enum { KEY_WIDTH = 8, G_WIDTH = 11 };

static struct mailbox {
  unsigned char signature[65];
  unsigned char key[64]; /* x, y */
  unsigned char address[20];
  unsigned char digest[32];
  unsigned char message[3072];
} mailbox;
_Static_assert(offsetof(struct mailbox, digest) == 149 && offsetof(struct mailbox, message) == 181,
               "src/secp256k1/compiled-tier.ts has these offsets");

static comb g;

enum { MOST_TABLES = 4096 };
static comb tables[MOST_TABLES];
static int table_count;

/* Of a comb's points, of which each is to lie in one line of the cache. */
enum { LINE = 64 };
static size_t room_bytes(int width) { return sizeof(packed) * (size_t)comb_points(width) + LINE; }

/* Never given back. NULL when there is no memory. */
static packed *room(int width) {
  const uintptr_t at = (uintptr_t)malloc(room_bytes(width));
  return at ? (packed *)((at + LINE - 1) & ~(uintptr_t)(LINE - 1)) : NULL;
}

EXPORT void *fxn_mailbox(void) { return &mailbox; }

/* Makes the comb of G; everything else needs it. 0 when there is no memory. */
EXPORT int fxn_open(void) {
  packed *points = room(G_WIDTH);
  if (!points) return 0;
  comb_begin(&g, G_WIDTH, &secp256k1_ge_const_g, points);
  while (comb_step(&g)) {}
  return 1;
}

EXPORT int fxn_table_bytes(void) { return (int)room_bytes(KEY_WIDTH); }

/* The number of one table more, which is never given back but used for another key; -1 when there is no memory. */
EXPORT int fxn_table_new(void) {
  if (table_count == MOST_TABLES) return -1;
  tables[table_count].points = room(KEY_WIDTH);
  return tables[table_count].points ? table_count++ : -1;
}

/* Begins the table of mailbox.key; 0 when that is no point of the curve. */
EXPORT int fxn_table_begin(int table) {
  affine q = {.infinity = 0};
  if (!secp256k1_fe_set_b32(&q.x, mailbox.key) || !secp256k1_fe_set_b32(&q.y, mailbox.key + 32)) return 0;
  if (!secp256k1_ge_is_valid_var(&q)) return 0;
  comb_begin(&tables[table], KEY_WIDTH, &q, tables[table].points);
  return 1;
}

/* One window more, of 17; 1 while there are more to be made. The table is of use only when all are. */
EXPORT int fxn_table_step(int table) { return comb_step(&tables[table]); }

/* Everything that a signature says, checked: r and s in [1, n-1], s in the lower half, v one of 0, 1, 27, 28. */
typedef struct {
  scalar r, s, digest;
  int odd;
} claim;

static int read_claim(claim *c, uint32_t length) {
  const unsigned char v = mailbox.signature[64], odd = v >= 27 ? v - 27 : v;
  int overflow;
  if (odd > 1) return 0;
  c->odd = odd;
  secp256k1_scalar_set_b32(&c->r, mailbox.signature, &overflow);
  if (overflow || secp256k1_scalar_is_zero(&c->r)) return 0;
  secp256k1_scalar_set_b32(&c->s, mailbox.signature + 32, &overflow);
  if (overflow || secp256k1_scalar_is_zero(&c->s) || secp256k1_scalar_is_high(&c->s)) return 0;
  personal_digest(mailbox.message, length, mailbox.digest);
  secp256k1_scalar_set_b32(&c->digest, mailbox.digest, NULL);
  return 1;
}

/* Affine and normalized; 0 for infinity. */
static int settle(affine *into, const jacobian *from) {
  if (from->infinity) return 0;
  const fe zi = fe_inverse(&from->z);
  secp256k1_ge_set_gej_zinv(into, from, &zi);
  secp256k1_fe_normalize_var(&into->x);
  secp256k1_fe_normalize_var(&into->y);
  return 1;
}

/* Whether mailbox.signature over mailbox.message is of this table's key: R = (digest·G + r·Q) / s has r as its very x. */
EXPORT int fxn_known(int table, uint32_t length) {
  claim c;
  if (!read_claim(&c, length)) return 0;
  scalar of_g, of_q;
  const scalar inverse = scalar_inverse(&c.s);
  secp256k1_scalar_mul(&of_g, &c.digest, &inverse);
  secp256k1_scalar_mul(&of_q, &c.r, &inverse);
  jacobian sum;
  affine point;
  unsigned char x[32];
  secp256k1_gej_set_infinity(&sum);
  term terms[MOST_POINTS];
  int count = comb_terms(terms, &g, &of_g);
  count += comb_terms(terms + count, &tables[table], &of_q);
  add_terms(&sum, terms, count);
  if (!settle(&point, &sum)) return 0;
  secp256k1_fe_get_b32(x, &point.x);
  return memcmp(x, mailbox.signature, 32) == 0 && secp256k1_fe_is_odd(&point.y) == c.odd;
}

/* The key whose signature this is, Q = (s·R - digest·G) / r, and its address, into the mailbox; 0 when there is none. */
EXPORT int fxn_recover(uint32_t length) {
  claim c;
  fe x;
  affine point;
  if (!read_claim(&c, length) || !secp256k1_fe_set_b32(&x, mailbox.signature)) return 0;
  if (!secp256k1_ge_set_xo_var(&point, &x, c.odd)) return 0;
  scalar of_g, of_r;
  const scalar inverse = scalar_inverse(&c.r);
  secp256k1_scalar_mul(&of_g, &c.digest, &inverse);
  secp256k1_scalar_negate(&of_g, &of_g);
  secp256k1_scalar_mul(&of_r, &c.s, &inverse);
  jacobian sum = multiply(&point, &of_r);
  term terms[MOST_POINTS];
  add_terms(&sum, terms, comb_terms(terms, &g, &of_g));
  if (!settle(&point, &sum)) return 0;
  secp256k1_fe_get_b32(mailbox.key, &point.x);
  secp256k1_fe_get_b32(mailbox.key + 32, &point.y);
  unsigned char hash[32];
  keccak256(mailbox.key, 64, hash);
  memcpy(mailbox.address, hash + 12, 20);
  return 1;
}

/* BIP-340: mailbox.signature is R.x and s, mailbox.key P.x, mailbox.digest the tagged hash of R.x, P.x and the message. */
EXPORT int fxn_schnorr(void) {
  fe x, rx;
  affine key, point;
  scalar s, minus_e;
  int overflow;
  if (!secp256k1_fe_set_b32(&x, mailbox.key) || !secp256k1_fe_set_b32(&rx, mailbox.signature)) return 0;
  if (!secp256k1_ge_set_xo_var(&key, &x, 0)) return 0;
  secp256k1_scalar_set_b32(&s, mailbox.signature + 32, &overflow);
  if (overflow) return 0;
  secp256k1_scalar_set_b32(&minus_e, mailbox.digest, NULL);
  secp256k1_scalar_negate(&minus_e, &minus_e);
  jacobian sum = multiply(&key, &minus_e);
  term terms[MOST_POINTS];
  add_terms(&sum, terms, comb_terms(terms, &g, &s));
  if (!settle(&point, &sum)) return 0;
  return !secp256k1_fe_is_odd(&point.y) && secp256k1_fe_equal_var(&point.x, &rx);
}
