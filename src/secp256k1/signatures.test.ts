import { beforeEach, describe, expect, test } from "bun:test";
import { FakeClock } from "../../test/fakes/clock.ts";
import { keyOf, sign, signerOf } from "../../test/fakes/signing.ts";
import { loadTier } from "./load.ts";
import { nobleTier } from "./noble-tier.ts";
import { createSignatures, type Signatures } from "./signatures.ts";
import { LONGEST_MESSAGE, type Tier } from "./tier.ts";

const [key, nonce] = [keyOf(0x1234n), keyOf(0x5678n)];
const { address } = signerOf(key);
const stranger = signerOf(keyOf(0x9999n)).address;

let queue: (() => void)[];
let recovered: number;
let signatures: Signatures;
const { tier } = loadTier();

beforeEach(() => {
  queue = [];
  recovered = 0;
  const counting: Tier = {
    ...tier,
    recover(message, signature) {
      recovered++;
      return tier.recover(message, signature);
    },
  };
  signatures = createSignatures(counting, { clock: new FakeClock(), later: (work) => queue.push(work) });
});

function settle(): void {
  for (let work = queue.shift(); work; work = queue.shift()) work();
}

describe("signatures", () => {
  test("a caller is recovered at first, and known from then on; a bad signature is refused both ways", () => {
    for (let round = 0; round < 4; round++) {
      const message = `message ${round}`;
      const signature = sign(message, key, nonce);
      expect(signatures.signedBy(address, message, signature)).toBe(true);
      expect(signatures.signedBy(stranger, message, signature)).toBe(false);
      expect(signatures.signedBy(address, `${message}!`, signature)).toBe(false);
      expect(signatures.signedBy(address, message, signature.subarray(0, 64))).toBe(false);
      settle();
    }
    // Of the caller's own, with a table after the second good one: two rounds of three, and the stranger's four.
    expect(recovered).toBe(2 * 3 + 4);
  });

  test("impersonation: whoever only claims an address never gets a table, and spoils nobody's", () => {
    const signature = sign("x", key, nonce);
    for (let time = 0; time < 10; time++) expect(signatures.signedBy(stranger, "x", signature)).toBe(false);
    expect(queue).toEqual([]);
    expect(signatures.signedBy(address, "x", signature)).toBe(true);
  });

  test("a message that is longer than a tier must take is for noble", () => {
    for (const length of [LONGEST_MESSAGE, LONGEST_MESSAGE + 1, 100_000]) {
      const message = "→".repeat(length);
      expect(signatures.signedBy(address, message, sign(message, key, nonce))).toBe(true);
      expect(signatures.signedBy(address, message, sign("other", key, nonce))).toBe(false);
    }
    expect(recovered).toBe(2);
  });

  test("noble alone serves too", () => {
    const slow = createSignatures(nobleTier, { clock: new FakeClock(), later: (work) => queue.push(work) });
    expect(slow.tier).toBe("noble");
    for (let time = 0; time < 3; time++) expect(slow.signedBy(address, "x", sign("x", key, nonce))).toBe(true);
    expect(slow.signedBy(stranger, "x", sign("x", key, nonce))).toBe(false);
    expect(queue).toEqual([]);
  });
});
