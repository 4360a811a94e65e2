// Verifying a signed request against libsecp256k1's own recovery, in this very process.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { personalDigest } from "../../src/lib/ethereum.ts";
import { nativeTier } from "../../src/secp256k1/native-tier.ts";
import type { Tier } from "../../src/secp256k1/tier.ts";
import { wasmTier } from "../../src/secp256k1/wasm-tier.ts";
import { keyOf, sign, signerOf, tableOf } from "../fakes/signing.ts";
import { type Comparison, median, type Row, type Skipped } from "./comparison.ts";
import { libsecp256k1 } from "./libsecp256k1.ts";

const CALLERS = 32;
const ROUNDS = 101;
const NATIVE = join(import.meta.dir, "..", "..", "dist", "native");

/** The way, its bound, and what it does with one request; false for one that it refuses. */
interface Contender {
  readonly what: string;
  readonly most: number;
  verify(request: Request, caller: number): boolean;
}

interface Request {
  readonly message: string;
  readonly digest: Uint8Array;
  readonly signature: Uint8Array;
}

export const signatures: Comparison = {
  name: "signature",
  about: `One signed request of ${CALLERS} callers in turn, its digest and address included, against parse, recover and serialize alone; medians of ${ROUNDS}`,
  run: async () => compare(),
};

function compare(): (Row | Skipped)[] {
  const recover = libsecp256k1();
  if (typeof recover === "string") return [{ what: "signatures against libsecp256k1", why: recover }];
  const keys = Array.from({ length: CALLERS }, (_, i) => keyOf(BigInt(i + 1) ** 31n));
  const requests = keys.map((key, i): Request => {
    const message = `${"e3b0c442".repeat(8)}.1750000000.nonce-${i}`;
    return { message, digest: personalDigest(message), signature: sign(message, key, keyOf(BigInt(i + 7) ** 23n)) };
  });
  const signers = keys.map(signerOf);
  const reference = (request: Request, caller: number) =>
    recover(request.digest, request.signature, request.signature[64] ?? 0)[1] === signers[caller]?.publicKey[0];
  const contenders = [
    ...contendersOf(nativeTier(readFileSync(join(NATIVE, "secp256k1.bin"))), 0.6, 1.3),
    ...contendersOf(wasmTier(new Uint8Array(readFileSync(join(NATIVE, "secp256k1-wasm.bin")))), 1.2, 3.5),
  ];

  function contendersOf(tier: Tier, known: number, first: number): Contender[] {
    const { tables } = tier;
    const rooms = signers.map(({ publicKey }) => tableOf(tier, publicKey));
    return [
      {
        what: `known caller, ${tier.name}`,
        most: known,
        verify: ({ message, signature }, caller) => tables?.signed(rooms[caller] ?? -1, message, signature) ?? false,
      },
      {
        what: `first-seen caller, ${tier.name}`,
        most: first,
        verify: ({ message, signature }, caller) =>
          tier.recover(message, signature)?.address === signers[caller]?.address,
      },
    ];
  }

  const all = [reference, ...contenders.map(({ verify }) => verify)];
  /** Microseconds of one request. */
  const time = (verify: Contender["verify"]): number => {
    const begun = performance.now();
    if (!requests.every(verify)) throw new Error("a good signature was refused");
    return ((performance.now() - begun) * 1000) / CALLERS;
  };
  // Until WebAssembly has been compiled as well as it ever will be.
  for (const verify of all) for (let round = 0; round < 50; round++) time(verify);
  const rounds = Array.from({ length: ROUNDS }, () => all.map(time));
  const column = (at: number) => rounds.map((round) => round[at] ?? Number.NaN);
  return contenders.map(({ what, most }, i) => ({
    what,
    measured: `${median(column(i + 1)).toFixed(1)} µs`,
    against: `${median(column(0)).toFixed(1)} µs libsecp256k1`,
    ratio: median(rounds.map((round) => (round[i + 1] ?? Number.NaN) / (round[0] ?? Number.NaN))),
    bound: { most },
  }));
}
