// What a job is called: by the ICL, in the store of prompt keys, and for the key of its output.
import { keccak_256 } from "@noble/hashes/sha3.js";
import { z } from "zod";
import type { Hex } from "../../core/address.ts";

/** It becomes part of URLs, of keys in the state, and of log lines. */
export const jobId = z.string().regex(/^[A-Za-z0-9._:-]{1,128}$/);

/** In PromptKeyStore, where the ICL's id is 32 bytes of hex; a UUID has no such form. */
export function promptKeyId(id: string): Hex | undefined {
  return /^0x[0-9a-f]{64}$/i.test(id) ? `0x${id.slice(2).toLowerCase()}` : undefined;
}

/** Of the id exactly as it was received. */
export function outputKeyId(id: string): Hex {
  return `0x${Buffer.from(keccak_256(Buffer.from(`${id}:output-key`))).toString("hex")}`;
}
