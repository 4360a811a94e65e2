// A certificate's hash as contracts take it: 32 bytes, with zeros behind what is shorter.
import { createHash } from "node:crypto";
import type { Hex } from "../../core/address.ts";

const SIZE = 32;

/** Hex with 0x is taken as bytes, anything else as text; what is longer than 32 bytes is hashed. */
export function toBytes32(text: string): Hex {
  const bytes = /^0x([0-9a-f]{2})*$/i.test(text) ? Buffer.from(text.slice(2), "hex") : Buffer.from(text);
  const fit = bytes.length > SIZE ? createHash("sha256").update(bytes).digest() : bytes;
  return `0x${fit.toString("hex").padEnd(2 * SIZE, "0")}`;
}
