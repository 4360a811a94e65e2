// A file from blocks that anybody gave: walks from the root, and takes no byte whose hash was not seen to be right.
import type { CID } from "multiformats/cid";
import { IDENTITY, keyOf, RAW } from "./cid.ts";
import { IpfsError } from "./errors.ts";
import { pacedSha256, type Sha256 } from "./hash.ts";
import { fileNode, noFile } from "./unixfs.ts";

export interface Block {
  readonly cid: CID;
  readonly bytes: Uint8Array;
}

export interface Verified {
  readonly bytes: Uint8Array;
  /** All that the file is made of, each once, the root first; what stands in its own CID is left out. */
  readonly blocks: readonly Block[];
}

export interface Want {
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** Not yet verified; undefined where it is missing. */
export type FindBlock = (cid: CID) => Uint8Array | undefined;

/** Files have four or five levels. */
const MOST_LEVELS = 32;

/** How many parts a file of that size may have: some KiB each is common, and a block may be named many times. */
export const mostParts = (maxBytes: number): number => 1024 + Math.ceil(maxBytes / 1024);

/**
 * @throws IpfsError: "content_false" or "content_not_found" when a block is false or missing, which another source may have
 * right; "content_too_large" and "content_unsupported" are facts of the content
 */
export async function assemble(root: CID, find: FindBlock, want: Want): Promise<Verified> {
  const walk = new Walk(find, want);
  await walk.add(root, 0);
  const [first, ...more] = walk.parts;
  return { bytes: first && more.length === 0 ? first : Buffer.concat(walk.parts), blocks: [...walk.blocks.values()] };
}

class Walk {
  readonly parts: Uint8Array[] = [];
  readonly blocks = new Map<string, Block>();
  readonly #find: FindBlock;
  readonly #sha256: Sha256;
  readonly #maxBytes: number;
  #size = 0;
  #visits = 0;

  constructor(find: FindBlock, { maxBytes, signal }: Want) {
    this.#find = find;
    this.#sha256 = pacedSha256(signal);
    this.#maxBytes = maxBytes;
  }

  /** @returns how many bytes of the file stand below */
  async add(cid: CID, level: number): Promise<number> {
    if (level > MOST_LEVELS) throw noFile(`has more than ${MOST_LEVELS} levels`);
    if (++this.#visits > mostParts(this.#maxBytes)) throw noFile("has too many parts for its size");
    const block = await this.#block(cid);
    if (cid.code === RAW) return this.#take(block);
    const { data, parts } = fileNode(block);
    const declared = parts.reduce((sum, { size }) => sum + size, data.length);
    if (this.#size + declared > this.#maxBytes) throw tooLarge(this.#maxBytes);
    let size = this.#take(data);
    for (const part of parts) {
      const real = await this.add(part.cid, level + 1);
      // Parts of nothing could be named without end, and no writer makes them.
      if (real === 0 || real !== part.size) throw noFile("has a part of another size than its node says");
      size += real;
    }
    return size;
  }

  #take(bytes: Uint8Array): number {
    this.#size += bytes.length;
    if (this.#size > this.#maxBytes) throw tooLarge(this.#maxBytes);
    if (bytes.length > 0) this.parts.push(bytes);
    return bytes.length;
  }

  async #block(cid: CID): Promise<Uint8Array> {
    if (cid.multihash.code === IDENTITY) return cid.multihash.digest;
    const key = keyOf(cid);
    const known = this.blocks.get(key);
    if (known) return known.bytes;
    const bytes = this.#find(cid);
    if (!bytes) throw new IpfsError("content_not_found", "a block is missing in what came");
    const digest = await this.#sha256(bytes);
    if (Buffer.compare(digest, cid.multihash.digest) !== 0) {
      throw new IpfsError("content_false", "what came is not what the CID says");
    }
    this.blocks.set(key, { cid, bytes });
    return bytes;
  }
}

/** Only of content that was verified. */
export function tooLarge(maxBytes: number): IpfsError {
  return new IpfsError("content_too_large", `the content is larger than ${maxBytes} bytes`);
}
