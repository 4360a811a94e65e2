// What a hash of a task may stand for: the text of a CID, or the digest in one. Only a CID that is one of the two is taken.
import { base32nopad, base58 } from "@scure/base";
import type { Hex } from "../../core/address.ts";
import { cidHash } from "./hashes.ts";

/** sha2-256, 32 bytes. */
const SHA256 = [0x12, 0x20] as const;
const RAW = 0x55;
const DAG_PB = 0x70;

/** Whether that CID is what the hash stands for, by either reading. */
export function standsFor(cid: string, hash: Hex): boolean {
  return cidHash(cid) === hash.toLowerCase() || digestOf(cid) === hash.toLowerCase();
}

/** The three spellings that a bare digest may have had. */
export function cidsOfDigest(hash: Hex): readonly string[] {
  const digest = Buffer.from(hash.slice(2), "hex");
  const v1 = (codec: number) => `b${base32nopad.encode(Uint8Array.of(1, codec, ...SHA256, ...digest)).toLowerCase()}`;
  return [v1(RAW), base58.encode(Uint8Array.of(...SHA256, ...digest)), v1(DAG_PB)];
}

/** undefined: no CID that this node reads, or not of SHA-256. */
function digestOf(cid: string): Hex | undefined {
  const bytes = bytesOf(cid);
  const multihash = cid.startsWith("Qm") ? bytes : bytes?.slice(2);
  if (multihash?.length !== 34 || multihash[0] !== SHA256[0] || multihash[1] !== SHA256[1]) return undefined;
  return `0x${Buffer.from(multihash.slice(2)).toString("hex")}`;
}

function bytesOf(cid: string): Uint8Array | undefined {
  try {
    if (cid.startsWith("Qm")) return base58.decode(cid);
    if (cid.startsWith("z")) return base58.decode(cid.slice(1));
    return cid.startsWith("b") ? base32nopad.decode(cid.slice(1).toUpperCase()) : undefined;
  } catch {
    return undefined;
  }
}
