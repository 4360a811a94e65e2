// A tier is used only after it has told good signatures from bad ones on this very machine.
import type { Tier } from "./tier.ts";

const bytes = (hex: string) => Buffer.from(hex, "hex");

/** A request of the Function Network, signed by the key 0x1111…: test/vectors/function.json. */
const MESSAGE = "dd347689e89661e7fe7fc3b60b97692b2d7120c87ed85ecec871e872f16c4c84.1750000000.7b5f3c2e1d0a";
const ADDRESS: string = "0x19e7e376e7c213b7e7e7e46cc70a5dd086daff2a";
const SIGNATURE = bytes(
  "7c96622caa4fabbe40aed15de4eeb13b3de34d66453596ddf59ae4ea76fe6390160c9a0bbb7a344c4d8d3434befc6895c9f39ee9385cf14fbf33f2b46c9d5f511c",
);

/** BIP-340's first vector. */
const POINT = bytes("f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9");
const SCHNORR = bytes(
  "e907831f80848d1069a5371b402410364bdf1c5f8307b0084c55f1ce2dca821525f66a4a85ea8b71e482a74f382d2ce5ebeee8fdb2172f477df4900d310536c0",
);

/** Throws an Error for a tier that errs. */
export function selfTest({ name, recover, schnorr, tables }: Tier): void {
  const wrong = (what: string) => new Error(`signatures: ${name} failed its self-test: ${what}`);
  const signer = recover(MESSAGE, SIGNATURE);
  if (signer?.address !== ADDRESS) throw wrong("recovery");
  if (recover(`${MESSAGE}0`, SIGNATURE)?.address === ADDRESS) throw wrong("recovery of another message");
  if (!schnorr(POINT, new Uint8Array(32), SCHNORR)) throw wrong("BIP-340");
  if (schnorr(POINT, new Uint8Array(32).fill(1), SCHNORR)) throw wrong("BIP-340 of another message");
  const table = tables?.create();
  if (!tables || table === undefined) return;
  tables.begin(table, signer.publicKey);
  while (tables.step(table)) {}
  if (!tables.signed(table, MESSAGE, SIGNATURE)) throw wrong("a known key");
  if (tables.signed(table, `${MESSAGE}0`, SIGNATURE)) throw wrong("a known key and another message");
}
