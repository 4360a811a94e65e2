// CIDs: which texts are taken, and how one is made of bytes or of a digest.
import { createHash } from "node:crypto";
import { base36 } from "multiformats/bases/base36";
import { CID } from "multiformats/cid";
import { create as multihash } from "multiformats/hashes/digest";
import { IpfsError } from "./errors.ts";

/** Codes of the multicodec table. */
export const RAW = 0x55;
export const DAG_PB = 0x70;
export const SHA2_256 = 0x12;
/** The "hash" that is the content itself. */
export const IDENTITY = 0x00;

const DIGEST_BYTES = 32;
/** Longer ones hide a file in a name. */
const MOST_IDENTITY_BYTES = 128;
/** Base58 (Qm…, z…), base32 (b…), base36 (k…); nothing that means anything in a URL. */
const CID_TEXT = /^[Qzbk][0-9A-Za-z]{1,300}$/;

/** @throws IpfsError: "cid_invalid", or "content_unsupported" for a CID of what is not read here */
export function parseCid(text: string): CID {
  const cid = CID_TEXT.test(text) ? read(text) : undefined;
  if (!cid) throw new IpfsError("cid_invalid", "this is no CID");
  return supported(cid);
}

export function isCidText(text: string): boolean {
  try {
    return parseCid(text) !== undefined;
  } catch {
    return false;
  }
}

/** Hands the CID back. @throws IpfsError "content_unsupported" */
export function supported(cid: CID): CID {
  const { code, size } = cid.multihash;
  if (cid.code !== RAW && cid.code !== DAG_PB) throw unsupported(`codec 0x${cid.code.toString(16)}`);
  if (code !== SHA2_256 && code !== IDENTITY) throw unsupported(`hash function 0x${code.toString(16)}`);
  if (code === SHA2_256 ? size !== DIGEST_BYTES : size > MOST_IDENTITY_BYTES)
    throw unsupported(`a hash of ${size} bytes`);
  return cid;
}

/** "bafkrei…": the CID of bytes that are one block. */
export function cidOfRaw(bytes: Uint8Array): string {
  return cidOf(RAW, 1, sha256Of(bytes)).toString();
}

/** SHA-256 of the text as it is written, which is how some contracts name a content. */
export function hashOfCidText(text: string): Uint8Array {
  return sha256Of(new TextEncoder().encode(text));
}

/** The CIDs that a bare digest may stand for: raw, then a file's root as CIDv0, then as CIDv1. @param digest 32 bytes */
export function cidsOfDigest(digest: Uint8Array): readonly string[] {
  return [cidOf(RAW, 1, digest), cidOf(DAG_PB, 0, digest), cidOf(DAG_PB, 1, digest)].map((cid) => cid.toString());
}

/** @param digest of sha2-256 */
export function cidOf(codec: number, version: 0 | 1, digest: Uint8Array): CID {
  return CID.create(version, codec, multihash(SHA2_256, digest));
}

/** One name for the same block, whichever version its CID has. */
export function keyOf(cid: CID): string {
  return Buffer.from(cid.multihash.bytes).toString("latin1");
}

function sha256Of(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}

function read(text: string): CID | undefined {
  try {
    return text.startsWith("k") ? CID.parse(text, base36) : CID.parse(text);
  } catch {
    return undefined;
  }
}

function unsupported(what: string): IpfsError {
  return new IpfsError("content_unsupported", `a CID with ${what} is not supported`, {
    hint: "Files are read: raw or dag-pb, sha2-256 or identity.",
  });
}
