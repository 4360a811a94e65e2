// The signature inside a Mach-O file: its hashes of all pages, without which macOS ends a program. Checks one, and makes one.
// It names nobody (ad hoc), as a linker makes it: it says that the file is whole, not whose it is.
import { createHash } from "node:crypto";
import { commandSize } from "./entry.ts";

const HEADER_BYTES = 32;
const LC_SEGMENT_64 = 0x19;
const LC_CODE_SIGNATURE = 0x1d;
// Apple's kern/cs_blobs.h; all of these numbers are big-endian.
const SUPERBLOB = 0xfade0cc0;
const CODE_DIRECTORY = 0xfade0c02;
const CODE_DIRECTORY_SLOT = 0;
const VERSION = 0x20400;
const AD_HOC_BY_LINKER = 0x20002;
const MAIN_BINARY = 1n;
const SHA256 = { type: 2, bytes: 32 } as const;
const PAGE_BITS = 12;
const MOST_BLOBS = 32;
/** Where the identifier begins in a code directory of that version, and a superblob's head with one entry. */
const DIRECTORY_BYTES = 88;
const SUPERBLOB_BYTES = 20;

interface Layout {
  /** Where the load commands lie. */
  readonly text: number;
  readonly linkedit: number;
  readonly signature: number;
}

/** @returns what is wrong with it: macOS would refuse the file; undefined when every byte before it is vouched for */
export function signatureFault(file: Buffer): string | undefined {
  try {
    const { signature } = layoutOf(file);
    const [at, size] = [file.readUInt32LE(signature + 8), file.readUInt32LE(signature + 12)];
    if (at + size !== file.length) return "its signature is not at its end";
    if (file.readUInt32BE(at) !== SUPERBLOB) return "it has no signature";
    if (file.readUInt32BE(at + 8) > MOST_BLOBS) return "its signature is none";
    const blobs = Array.from({ length: file.readUInt32BE(at + 8) }, (_, i) => at + 12 + 8 * i);
    const entry = blobs.find((blob) => file.readUInt32BE(blob) === CODE_DIRECTORY_SLOT);
    return entry === undefined
      ? "its signature hashes nothing"
      : directoryFault(file, at, at + file.readUInt32BE(entry + 4));
  } catch (error) {
    // Numbers that point out of the file.
    if (error instanceof RangeError || error instanceof NotSignableError) return `its signature: ${error.message}`;
    throw error;
  }
}

function directoryFault(file: Buffer, end: number, directory: number): string | undefined {
  if (file.readUInt32BE(directory) !== CODE_DIRECTORY) return "its signature hashes nothing";
  const [hashes, slots, limit] = [16, 28, 32].map((offset) => file.readUInt32BE(directory + offset));
  const [bytes, type, , bits] = file.subarray(directory + 36, directory + 40);
  if (type !== SHA256.type || bytes !== SHA256.bytes || bits === undefined) return "its signature is not by SHA-256";
  if (limit !== end) return "its signature is not of all that is before it";
  const found = pageHashes(file.subarray(0, end), bits);
  if (found.length !== (slots ?? 0) * SHA256.bytes) return "its signature has not a hash for each page";
  const first = directory + (hashes ?? 0);
  if (!found.equals(file.subarray(first, first + found.length))) return "its signature is of other bytes";
  return undefined;
}

/** @returns the file with a signature that holds, in place of the one that it had */
export function signedAdHoc(file: Buffer, identifier: string): Buffer {
  const layout = layoutOf(file);
  const end = file.readUInt32LE(layout.signature + 8);
  const hashesAt = DIRECTORY_BYTES + identifier.length + 1;
  const pages = Math.ceil(end / 2 ** PAGE_BITS);
  const size = SUPERBLOB_BYTES + hashesAt + pages * SHA256.bytes;
  const signed = Buffer.alloc(end + size);
  file.copy(signed, 0, 0, end);
  // The signature is the end of the last segment: both have its new size, and are themselves hashed.
  signed.writeUInt32LE(size, layout.signature + 12);
  const linkedit = BigInt(end + size) - signed.readBigUInt64LE(layout.linkedit + 40);
  signed.writeBigUInt64LE(linkedit, layout.linkedit + 48);
  signed.writeBigUInt64LE(((linkedit + 0x3fffn) >> 14n) << 14n, layout.linkedit + 32);

  const directory = end + SUPERBLOB_BYTES;
  writeAll(signed, end, [SUPERBLOB, size, 1, CODE_DIRECTORY_SLOT, SUPERBLOB_BYTES]);
  const length = size - SUPERBLOB_BYTES;
  writeAll(signed, directory, [
    CODE_DIRECTORY,
    length,
    VERSION,
    AD_HOC_BY_LINKER,
    hashesAt,
    DIRECTORY_BYTES,
    0,
    pages,
    end,
  ]);
  signed.set([SHA256.bytes, SHA256.type, 0, PAGE_BITS], directory + 36);
  // The executable part, whose start and length the system wants to know.
  signed.writeBigUInt64BE(signed.readBigUInt64LE(layout.text + 40), directory + 64);
  signed.writeBigUInt64BE(signed.readBigUInt64LE(layout.text + 48), directory + 72);
  signed.writeBigUInt64BE(MAIN_BINARY, directory + 80);
  signed.write(identifier, directory + DIRECTORY_BYTES, "latin1");
  pageHashes(signed.subarray(0, end), PAGE_BITS).copy(signed, directory + hashesAt);
  return signed;
}

class NotSignableError extends Error {}

function layoutOf(file: Buffer): Layout {
  const found = new Map<string, number>();
  let at = HEADER_BYTES;
  for (let left = file.readUInt32LE(16); left > 0; left--) {
    const command = file.readUInt32LE(at);
    if (command === LC_SEGMENT_64) found.set(file.toString("latin1", at + 8, at + 24).replace(/\0.*/, ""), at);
    if (command === LC_CODE_SIGNATURE) found.set("signature", at);
    at += commandSize(file, at);
  }
  const [text, linkedit, signature] = ["__TEXT", "__LINKEDIT", "signature"].map((name) => found.get(name));
  if (text === undefined || linkedit === undefined || signature === undefined)
    throw new NotSignableError("the file has no place for one");
  return { text, linkedit, signature };
}

function pageHashes(bytes: Buffer, bits: number): Buffer {
  const page = 2 ** bits;
  const hashes: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += page)
    hashes.push(
      createHash("sha256")
        .update(bytes.subarray(at, Math.min(at + page, bytes.length)))
        .digest(),
    );
  return Buffer.concat(hashes);
}

function writeAll(into: Buffer, at: number, numbers: readonly number[]): void {
  for (const [i, number] of numbers.entries()) into.writeUInt32BE(number, at + 4 * i);
}
