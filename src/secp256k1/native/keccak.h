/* Keccak-256 (the Keccak team's padding, as Ethereum has it), and the digest of a signed message by EIP-191. */
#ifndef FXN_KECCAK_H
#define FXN_KECCAK_H
#include <stdint.h>
#include <string.h>

enum { RATE = 136 };

static const uint64_t ROUND[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b, 0x0000000080000001,
    0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003, 0x8000000000008002, 0x8000000000000080,
    0x000000000000800a, 0x800000008000000a, 0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

/* By how much a lane is turned, and where it goes: lane x + 5y to y + 5·(2x + 3y). */
static const int TURN[25] = {0, 1, 62, 28, 27, 36, 44, 6, 55, 20, 3, 10, 43, 25, 39, 41, 45, 15, 21, 8, 18, 2, 61, 56, 14};

static inline uint64_t turned(uint64_t lane, int by) { return by ? lane << by | lane >> (64 - by) : lane; }

static void permute(uint64_t a[25]) {
  for (int round = 0; round < 24; round++) {
    uint64_t c[5], b[25];
#pragma clang loop unroll(full)
    for (int x = 0; x < 5; x++) c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
#pragma clang loop unroll(full)
    for (int i = 0; i < 25; i++) {
      const int x = i % 5, y = i / 5;
      b[y + 5 * ((2 * x + 3 * y) % 5)] = turned(a[i] ^ c[(x + 4) % 5] ^ turned(c[(x + 1) % 5], 1), TURN[i]);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < 25; i++) a[i] = b[i] ^ (~b[i / 5 * 5 + (i + 1) % 5] & b[i / 5 * 5 + (i + 2) % 5]);
    a[0] ^= ROUND[round];
  }
}

typedef struct {
  uint64_t lanes[25];
  int filled;
} sponge;

/* The machines are all little-endian, as lanes are. */
static void absorb(sponge *s, const void *from, uint32_t count) {
  const unsigned char *bytes = from;
  while (count > 0) {
    const uint32_t part = count < (uint32_t)(RATE - s->filled) ? count : (uint32_t)(RATE - s->filled);
    unsigned char *into = (unsigned char *)s->lanes + s->filled;
    for (uint32_t i = 0; i < part; i++) into[i] ^= bytes[i];
    bytes += part, count -= part, s->filled += (int)part;
    if (s->filled == RATE) permute(s->lanes), s->filled = 0;
  }
}

static void squeeze(sponge *s, unsigned char out[32]) {
  unsigned char *bytes = (unsigned char *)s->lanes;
  bytes[s->filled] ^= 0x01;
  bytes[RATE - 1] ^= 0x80;
  permute(s->lanes);
  memcpy(out, bytes, 32);
}

static void keccak256(const void *from, uint32_t count, unsigned char out[32]) {
  sponge s = {{0}, 0};
  absorb(&s, from, count);
  squeeze(&s, out);
}

/* keccak256("\x19Ethereum Signed Message:\n" + length in decimal + message) */
static void personal_digest(const unsigned char *message, uint32_t length, unsigned char out[32]) {
  static const char PREFIX[] = "\x19" "Ethereum Signed Message:\n";
  unsigned char decimal[10];
  int at = sizeof decimal;
  uint32_t left = length;
  do decimal[--at] = (unsigned char)('0' + left % 10);
  while ((left /= 10) > 0);
  sponge s = {{0}, 0};
  absorb(&s, PREFIX, sizeof PREFIX - 1);
  absorb(&s, decimal + at, (uint32_t)sizeof decimal - (uint32_t)at);
  absorb(&s, message, length);
  squeeze(&s, out);
}

#endif
