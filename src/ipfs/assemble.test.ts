import { describe, expect, test } from "bun:test";
import { createNode, encode, type PBLink } from "@ipld/dag-pb";
import { UnixFS } from "ipfs-unixfs";
import { CID } from "multiformats/cid";
import { create } from "multiformats/hashes/digest";
import { DAG_PB, IpfsBlocks, RAW, someBytes } from "../../test/fakes/ipfs-blocks.ts";
import { assemble, type Verified, type Want } from "./assemble.ts";
import { IpfsError } from "./errors.ts";

const MIB = 1024 * 1024;
const WANT: Want = { maxBytes: MIB, signal: new AbortController().signal };

/** What is made of all blocks below that root. */
async function whole(blocks: IpfsBlocks, root: CID, want: Partial<Want> = {}): Promise<Verified> {
  const all = new Map<string, Uint8Array>();
  for (const cid of await blocks.below(root)) all.set(cid.toV1().toString(), await blocks.block(cid));
  return assemble(root, (cid) => all.get(cid.toV1().toString()), { ...WANT, ...want });
}

async function failure(work: Promise<unknown>): Promise<string> {
  const error = await work.catch((thrown: unknown) => thrown);
  if (error instanceof IpfsError) return `${error.code}: ${error.message}`;
  throw new Error(`expected an IpfsError, got ${String(error)}`);
}

const link = (Hash: CID, Tsize = 1): PBLink => ({ Name: "", Hash, Tsize });

function node(links: readonly PBLink[], sizes: readonly number[], data?: Uint8Array): Uint8Array {
  const unixfs = new UnixFS({ type: "file", blockSizes: sizes.map(BigInt), ...(data && { data }) });
  return encode(createNode(unixfs.marshal(), [...links]));
}

describe("files", () => {
  test("of any cut are read as the official exporter reads them", async () => {
    const blocks = new IpfsBlocks();
    for (const size of [0, 1, 5000, 100_000]) {
      for (const rawLeaves of [true, false]) {
        for (const maxLinks of [2, 174]) {
          const cid = await blocks.add(someBytes(size), { cidVersion: 1, rawLeaves, chunkBytes: 1000, maxLinks });
          const { bytes, blocks: used } = await whole(blocks, cid);
          expect(bytes).toEqual(Buffer.from(await blocks.file(cid)));
          expect(used.length).toBe((await blocks.below(cid)).length);
          expect(used[0]?.cid.equals(cid)).toBe(true);
        }
      }
    }
  });

  test("with a node that has bytes of its own before its parts", async () => {
    const blocks = new IpfsBlocks();
    const part = await blocks.put(RAW, someBytes(10));
    const root = await blocks.put(DAG_PB, node([link(part)], [10], someBytes(5, 2)));
    expect((await whole(blocks, root)).bytes).toEqual(Buffer.concat([someBytes(5, 2), someBytes(10)]));
  });

  test("whose parts stand in their own CIDs", async () => {
    const part = CID.createV1(RAW, create(0, new TextEncoder().encode("inline")));
    expect(Buffer.from((await assemble(part, () => undefined, WANT)).bytes).toString()).toBe("inline");
    const blocks = new IpfsBlocks();
    const bytes = node([link(part), link(part)], [6, 6]);
    const root = await blocks.put(DAG_PB, bytes);
    expect((await assemble(root, () => bytes, WANT)).bytes.toString()).toBe("inlineinline");
  });
});

describe("what is no file", () => {
  test("directories, sharded ones, symbolic links and metadata are refused by name", async () => {
    const blocks = new IpfsBlocks();
    const files = { "a.txt": someBytes(3), "b.txt": someBytes(4) };
    expect(await failure(whole(blocks, await blocks.addDirectory(files)))).toContain("is a directory");
    expect(await failure(whole(blocks, await blocks.addDirectory(files, true)))).toContain("is a sharded directory");
    for (const [type, words] of [
      ["symlink", "symbolic link"],
      ["metadata", "metadata"],
    ] as const) {
      const root = await blocks.put(DAG_PB, encode(createNode(new UnixFS({ type }).marshal())));
      expect(await failure(whole(blocks, root))).toContain(words);
    }
  });

  test("nodes that are no dag-pb, no UnixFS, or without data are refused", async () => {
    const blocks = new IpfsBlocks();
    const empty = encode({ Links: [] });
    for (const bytes of [someBytes(40), encode(createNode(someBytes(9))), empty, new Uint8Array()]) {
      const root = await blocks.put(DAG_PB, bytes);
      expect(await failure(assemble(root, () => bytes, WANT))).toStartWith(
        "content_unsupported: the content is no UnixFS",
      );
    }
  });
});

describe("hostile content", () => {
  test("a false block is refused wherever it stands", async () => {
    const blocks = new IpfsBlocks();
    const root = await blocks.add(someBytes(20_000), { chunkBytes: 1000, maxLinks: 3 });
    for (const false_ of await blocks.below(root)) {
      const found = new Map<string, Uint8Array>();
      for (const cid of await blocks.below(root)) found.set(cid.toString(), await blocks.block(cid));
      found.set(false_.toString(), someBytes(1000, 9));
      expect(await failure(assemble(root, (cid) => found.get(cid.toString()), WANT))).toStartWith("content_false");
      found.delete(false_.toString());
      expect(await failure(assemble(root, (cid) => found.get(cid.toString()), WANT))).toStartWith("content_not_found");
    }
  });

  test("sizes that lie are refused, larger, smaller, missing, or beyond all numbers", async () => {
    const blocks = new IpfsBlocks();
    const part = await blocks.put(RAW, someBytes(10));
    for (const sizes of [[11], [9], [], [10, 10], [0]]) {
      const root = await blocks.put(DAG_PB, node([link(part)], sizes));
      expect(await failure(whole(blocks, root))).toStartWith("content_unsupported");
    }
    const huge = await blocks.put(DAG_PB, node([link(part)], [Number.MAX_SAFE_INTEGER]));
    expect(await failure(whole(blocks, huge))).toStartWith("content_too_large");
  });

  test("a chain deeper than any file has, and one as deep as may be", async () => {
    const blocks = new IpfsBlocks();
    const found = new Map<string, Uint8Array>();
    const put = async (codec: number, bytes: Uint8Array) => {
      const cid = await blocks.put(codec, bytes);
      found.set(cid.toString(), bytes);
      return cid;
    };
    const read = (root: CID) => assemble(root, (cid) => found.get(cid.toString()), WANT);
    let cid = await put(RAW, someBytes(10));
    for (let i = 0; i < 32; i++) cid = await put(DAG_PB, node([link(cid)], [10]));
    expect((await read(cid)).bytes).toEqual(Buffer.from(someBytes(10)));
    for (let i = 0; i < 5000; i++) cid = await put(DAG_PB, node([link(cid)], [10]));
    expect(await failure(read(cid))).toBe("content_unsupported: the content has more than 32 levels");
  });

  test("one part named without end: of nothing, of a byte, and of itself doubled", async () => {
    const blocks = new IpfsBlocks();
    const empty = await blocks.put(RAW, new Uint8Array());
    const many = await blocks.put(DAG_PB, node(new Array(1000).fill(link(empty)), new Array(1000).fill(0)));
    expect(await failure(whole(blocks, many))).toStartWith(
      "content_unsupported: the content has a part of another size",
    );
    const byte = await blocks.put(RAW, someBytes(1));
    const bytes = await blocks.put(DAG_PB, node(new Array(5000).fill(link(byte)), new Array(5000).fill(1)));
    expect(await failure(whole(blocks, bytes))).toBe(
      "content_unsupported: the content has too many parts for its size",
    );
    // 2^30 bytes from thirty blocks of two links.
    let doubled = await blocks.put(RAW, someBytes(1));
    for (let i = 0; i < 30; i++)
      doubled = await blocks.put(DAG_PB, node([link(doubled), link(doubled)], [2 ** i, 2 ** i]));
    expect(await failure(whole(blocks, doubled))).toStartWith("content_too_large");
    let lying = await blocks.put(RAW, someBytes(1));
    for (let i = 0; i < 30; i++) lying = await blocks.put(DAG_PB, node([link(lying), link(lying)], [1, 1]));
    expect(await failure(whole(blocks, lying))).toStartWith("content_unsupported");
  });

  test("a node of 100,000 links is not even decoded", async () => {
    const blocks = new IpfsBlocks();
    const part = await blocks.put(RAW, someBytes(1));
    const bytes = node(new Array(100_000).fill(link(part)), new Array(100_000).fill(1));
    const root = await blocks.put(DAG_PB, bytes);
    const started = performance.now();
    expect(await failure(assemble(root, () => bytes, WANT))).toContain("a node of more than 2097152 bytes");
    expect(performance.now() - started).toBeLessThan(1000);
  });

  test("parts of other codecs and hash functions are refused", async () => {
    const blocks = new IpfsBlocks();
    for (const part of [
      CID.createV1(0x71, create(0x12, new Uint8Array(32))),
      CID.createV1(RAW, create(0x11, new Uint8Array(20))),
    ]) {
      const bytes = node([link(part)], [10]);
      const root = await blocks.put(DAG_PB, bytes);
      expect(await failure(assemble(root, () => bytes, WANT))).toStartWith("content_unsupported: a CID with");
    }
  });
});

describe("the cap", () => {
  test("to the byte, for one block and for many, and said before the parts are read", async () => {
    const blocks = new IpfsBlocks();
    for (const options of [{ cidVersion: 1, rawLeaves: true } as const, { chunkBytes: 1000 }]) {
      const root = await blocks.add(someBytes(5000), options);
      expect((await whole(blocks, root, { maxBytes: 5000 })).bytes.length).toBe(5000);
      const error = await failure(whole(blocks, root, { maxBytes: 4999 }));
      expect(error).toBe("content_too_large: the content is larger than 4999 bytes");
    }
    const root = await blocks.add(someBytes(5000), { chunkBytes: 1000 });
    const bytes = await blocks.block(root);
    const asked: CID[] = [];
    const find = (cid: CID) => {
      asked.push(cid);
      return bytes;
    };
    expect(await failure(assemble(root, find, { ...WANT, maxBytes: 4999 }))).toStartWith("content_too_large");
    expect(asked.length).toBe(1);
  });
});
