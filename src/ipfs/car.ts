// CAR files (several blocks in one answer): read without belief in anything but the root, and written for the cache.
import { CarBlockIterator } from "@ipld/car/iterator";
import { CarWriter } from "@ipld/car/writer";
import { varint } from "multiformats";
import type { CID } from "multiformats/cid";
import { messageOf } from "../core/errors.ts";
import { assemble, type Block, mostParts, type Verified, type Want } from "./assemble.ts";
import { keyOf } from "./cid.ts";
import { IpfsError } from "./errors.ts";

/** A header names roots; one root takes 60 bytes. */
const MOST_HEADER_BYTES = 4096;

/** Bytes that a CAR of a file of that size may have. */
export const mostCarBytes = (maxBytes: number): number => maxBytes + Math.ceil(maxBytes / 8) + 64 * 1024;

/** @throws IpfsError: as `assemble`; what is no CAR is "content_false" */
export async function readCar(root: CID, bytes: Uint8Array, want: Want): Promise<Verified> {
  const blocks = await indexOf(bytes, want);
  return assemble(root, (cid) => blocks.get(keyOf(cid)), want);
}

/** Blocks are only listed: those that the file does not need are never looked at. */
async function indexOf(bytes: Uint8Array, { maxBytes, signal }: Want): Promise<Map<string, Uint8Array>> {
  const index = new Map<string, Uint8Array>();
  try {
    const [headerBytes] = varint.decode(bytes);
    if (headerBytes > MOST_HEADER_BYTES) throw new Error("its header is too long");
    let count = 0;
    for await (const block of await CarBlockIterator.fromBytes(bytes)) {
      // Also ends a file whose lengths lead back.
      if (++count > mostParts(maxBytes)) throw new Error("it has too many blocks for its size");
      const key = keyOf(block.cid);
      if (!index.has(key)) index.set(key, block.bytes);
      signal.throwIfAborted();
    }
  } catch (error) {
    signal.throwIfAborted();
    throw new IpfsError("content_false", `what came is no whole CAR: ${messageOf(error)}`);
  }
  return index;
}

export async function* writeCar(root: CID, blocks: readonly Block[]): AsyncGenerator<Uint8Array> {
  const { writer, out } = CarWriter.create([root]);
  const put = async () => {
    for (const block of blocks) await writer.put(block);
    await writer.close();
  };
  const done = put();
  yield* out;
  await done;
}
