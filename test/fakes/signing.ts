// Keys, signatures and tables for tests of verification, cheap enough for bulk. Nothing of it is safe for anybody's key.
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { addressOf, personalDigest } from "../../src/lib/ethereum.ts";
import type { Signatory, Tier } from "../../src/secp256k1/tier.ts";

const { Point } = secp256k1;
const { Fn } = Point;
const N = Fn.ORDER;

/** A key and a nonce are the caller's to choose: both private here. */
interface Key {
  readonly secret: bigint;
  readonly point: InstanceType<typeof Point>;
}

export function keyOf(secret: bigint): Key {
  return { secret, point: Point.BASE.multiply(secret) };
}

export function signerOf({ point }: Key): Signatory {
  const bytes = point.toBytes(false);
  return { address: addressOf(bytes), publicKey: bytes.subarray(1) };
}

export function signatureOf(r: bigint, s: bigint, v: number): Uint8Array {
  return Buffer.concat([bytes32(r), bytes32(s), Uint8Array.of(v)]);
}

/** @param nonce of any signature: reuse gives a key away, and these are nobody's */
export function sign(message: string, { secret }: Key, nonce: Key): Uint8Array {
  const { x, y } = nonce.point.toAffine();
  const r = Fn.create(x);
  const s = Fn.mul(Fn.inv(nonce.secret), Fn.create(digestOf(message) + r * secret));
  const high = s > N / 2n;
  return signatureOf(r, high ? N - s : s, Number(y & 1n) ^ Number(high));
}

export function digestOf(message: string): bigint {
  return BigInt(`0x${Buffer.from(personalDigest(message)).toString("hex")}`);
}

function bytes32(value: bigint): Uint8Array {
  return Buffer.from(value.toString(16).padStart(64, "0"), "hex");
}

/** A whole table of that key. */
export function tableOf({ tables }: Tier, publicKey: Uint8Array, room = tables?.create()): number {
  if (!tables || room === undefined) throw new Error("no table");
  tables.begin(room, publicKey);
  while (tables.step(room)) {}
  return room;
}
