/* Keccak-256 (the Keccak team's padding, as Ethereum has it), and the digest of a signed message by EIP-191. */
#ifndef FXN_KECCAK_H
#define FXN_KECCAK_H
#include <stdint.h>
#include <string.h>
#include "unrolled.h"

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
    uint64_t c[5], d[5], b[25];
    unrolled for (int x = 0; x < 5; x++) c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    unrolled for (int x = 0; x < 5; x++) d[x] = c[(x + 4) % 5] ^ turned(c[(x + 1) % 5], 1);
    unrolled for (int i = 0; i < 25; i++) {
      const int x = i % 5, y = i / 5;
      b[y + 5 * ((2 * x + 3 * y) % 5)] = turned(a[i] ^ d[x], TURN[i]);
    }
    unrolled for (int i = 0; i < 25; i++) {
      const int row = i / 5 * 5;
      a[i] = b[i] ^ (~b[row + (i + 1) % 5] & b[row + (i + 2) % 5]);
    }
    a[0] ^= ROUND[round];
  }
}

typedef struct {
  uint64_t lanes[25];
  unsigned char block[RATE];
  uint32_t filled;
} sponge;

/* The machines are all little-endian, as lanes are. */
static void take_block(sponge *s) {
  for (int i = 0; i < RATE / 8; i++) {
    uint64_t lane;
    memcpy(&lane, s->block + 8 * i, 8);
    s->lanes[i] ^= lane;
  }
  permute(s->lanes);
  s->filled = 0;
}

static void absorb(sponge *s, const unsigned char *bytes, uint32_t count) {
  while (count > 0) {
    const uint32_t part = count < RATE - s->filled ? count : RATE - s->filled;
    memcpy(s->block + s->filled, bytes, part);
    bytes += part, count -= part, s->filled += part;
    if (s->filled == RATE) take_block(s);
  }
}

static void squeeze(sponge *s, unsigned char out[32]) {
  memset(s->block + s->filled, 0, RATE - s->filled);
  s->block[s->filled] = 0x01;
  s->block[RATE - 1] |= 0x80;
  take_block(s);
  memcpy(out, s->lanes, 32);
}

static void keccak256(const unsigned char *bytes, uint32_t count, unsigned char out[32]) {
  sponge s = {.filled = 0};
  absorb(&s, bytes, count);
  squeeze(&s, out);
}

/* keccak256("\x19Ethereum Signed Message:\n" + length in decimal + message) */
static void personal_digest(const unsigned char *message, uint32_t length, unsigned char out[32]) {
  static const unsigned char PREFIX[] = "\x19" "Ethereum Signed Message:\n";
  unsigned char decimal[10];
  int at = sizeof decimal;
  uint32_t left = length;
  do decimal[--at] = (unsigned char)('0' + left % 10);
  while ((left /= 10) > 0);
  sponge s = {.filled = 0};
  absorb(&s, PREFIX, sizeof PREFIX - 1);
  absorb(&s, decimal + at, (uint32_t)sizeof decimal - (uint32_t)at);
  absorb(&s, message, length);
  squeeze(&s, out);
}

#endif
