// Blocks as IPFS holds them, made and read by the official importer and exporter: what our own reading is held against.
import { CarWriter } from "@ipld/car/writer";
import { decode } from "@ipld/dag-pb";
import { MemoryBlockstore } from "blockstore-core";
import { exporter } from "ipfs-unixfs-exporter";
import { importBytes, importer } from "ipfs-unixfs-importer";
import { fixedSize } from "ipfs-unixfs-importer/chunker";
import { balanced } from "ipfs-unixfs-importer/layout";
import { CID } from "multiformats/cid";
import { sha256 } from "multiformats/hashes/sha2";

export interface AddOptions {
  readonly cidVersion?: 0 | 1;
  readonly rawLeaves?: boolean;
  readonly chunkBytes?: number;
  readonly maxLinks?: number;
}

export const RAW = 0x55;
export const DAG_PB = 0x70;

export class IpfsBlocks {
  readonly #store = new MemoryBlockstore();

  /** A file; without options as Kubo does it without options. */
  async add(
    bytes: Uint8Array,
    { cidVersion = 0, rawLeaves = false, chunkBytes = 262_144, maxLinks = 174 }: AddOptions = {},
  ): Promise<CID> {
    const result = await importBytes(bytes, this.#store, {
      cidVersion,
      rawLeaves,
      chunker: fixedSize({ chunkSize: chunkBytes }),
      layout: balanced({ maxChildrenPerNode: maxLinks }),
    });
    return result.cid;
  }

  /** A directory of files. @param sharded split over nodes by the hashes of names */
  async addDirectory(files: Readonly<Record<string, Uint8Array>>, sharded = false): Promise<CID> {
    const source = Object.entries(files).map(([path, content]) => ({ path, content }));
    let last: CID | undefined;
    const options = { wrapWithDirectory: true, shardSplitThresholdBytes: sharded ? 0 : 262_144 };
    for await (const { cid } of importer(source, this.#store, options)) last = cid;
    if (!last) throw new Error("nothing was added");
    return last;
  }

  /** Any block, an unsound one too. */
  async put(codec: number, bytes: Uint8Array, version: 0 | 1 = 1): Promise<CID> {
    const cid = CID.create(version, codec, await sha256.digest(bytes));
    await this.#store.put(cid, bytes);
    return cid;
  }

  async has(cid: CID): Promise<boolean> {
    return this.#store.has(cid);
  }

  async block(cid: CID): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for await (const part of this.#store.get(cid)) parts.push(part);
    return Buffer.concat(parts);
  }

  /** @throws when it is no file */
  async file(cid: CID): Promise<Uint8Array> {
    const entry = await exporter(cid, this.#store);
    if (entry.type !== "file" && entry.type !== "raw") throw new Error("this dag node is a directory");
    const parts: Uint8Array[] = [];
    for await (const part of entry.content()) parts.push(part);
    return Buffer.concat(parts);
  }

  /** All blocks below, each once, depth first. */
  async below(cid: CID, seen = new Map<string, CID>()): Promise<CID[]> {
    if (seen.has(cid.toString())) return [];
    seen.set(cid.toString(), cid);
    if (cid.code === DAG_PB) for (const { Hash } of decode(await this.block(cid)).Links) await this.below(Hash, seen);
    return [...seen.values()];
  }

  async car(cid: CID, others: readonly CID[] = []): Promise<Uint8Array> {
    const cids = [...(await this.below(cid)), ...others];
    return carOf(cid, await Promise.all(cids.map(async (each) => ({ cid: each, bytes: await this.block(each) }))));
  }
}

export async function carOf(
  roots: CID | CID[],
  blocks: readonly { cid: CID; bytes: Uint8Array }[],
): Promise<Uint8Array> {
  const { writer, out } = CarWriter.create(roots);
  const written = (async () => {
    for (const block of blocks) await writer.put(block);
    await writer.close();
  })();
  const parts: Uint8Array[] = [];
  for await (const part of out) parts.push(part);
  await written;
  return Buffer.concat(parts);
}

/** The same bytes each time, and no two blocks alike. */
export function someBytes(length: number, seed = 1): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = seed;
  for (let i = 0; i < words.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    words[i] = state;
  }
  return new Uint8Array(words.buffer, 0, length);
}
