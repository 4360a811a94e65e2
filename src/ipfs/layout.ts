// From a file's plain bytes to its CID: the usual ways to cut a file, tried until one gives the root that was asked for.
import { createNode, encode, type PBLink } from "@ipld/dag-pb";
import { UnixFS } from "ipfs-unixfs";
import type { CID } from "multiformats/cid";
import type { Block, Verified } from "./assemble.ts";
import { cidOf, DAG_PB, keyOf, RAW } from "./cid.ts";
import { pacedSha256, type Sha256 } from "./hash.ts";

export interface Layout {
  readonly cidVersion: 0 | 1;
  /** Leaves are bare bytes; otherwise each is wrapped as a file of its own. */
  readonly rawLeaves: boolean;
  readonly chunkBytes: number;
  readonly maxLinks: number;
}

const KIB = 1024;
/** What every version of Kubo does unless it is told otherwise, and its wide profile. */
const USUAL = { chunkBytes: 256 * KIB, maxLinks: 174 };
const WIDE = { chunkBytes: 1024 * KIB, maxLinks: 1024 };
export const DEFAULT_LAYOUT: Layout = { ...USUAL, cidVersion: 0, rawLeaves: false };

interface Part extends Block {
  /** Bytes of the file below. */
  readonly size: number;
  /** Bytes of all blocks below, and its own. */
  readonly total: number;
}

interface Leaf {
  readonly bytes: Uint8Array;
  readonly digest: Uint8Array;
  readonly size: number;
}

/** The file of that CID if `bytes` are it in a usual layout, and which one; undefined if not. */
export async function rebuild(
  root: CID,
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<{ verified: Verified; layout: Layout } | undefined> {
  const sha256 = pacedSha256(signal);
  if (root.code === RAW) {
    const cid = cidOf(RAW, 1, await sha256(bytes));
    if (keyOf(cid) !== keyOf(root)) return undefined;
    const layout = {
      ...USUAL,
      cidVersion: 1,
      rawLeaves: true,
      chunkBytes: Math.max(USUAL.chunkBytes, bytes.length),
    } as const;
    return { verified: { bytes, blocks: [{ cid: root, bytes }] }, layout };
  }
  for (const shape of bytes.length > USUAL.chunkBytes ? [USUAL, WIDE] : [USUAL]) {
    for (const rawLeaves of [root.version === 1, root.version === 0]) {
      const leaves = await leavesOf(bytes, shape.chunkBytes, rawLeaves, sha256);
      // A file of one level is the same block in both versions.
      for (const cidVersion of root.version === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
        const layout = { ...shape, cidVersion, rawLeaves };
        const blocks = await treeOf(leaves, layout, sha256);
        if (blocks[0] && keyOf(blocks[0].cid) === keyOf(root)) return { verified: { bytes, blocks }, layout };
      }
    }
  }
  return undefined;
}

/** The CID that `bytes` have in that layout. */
export async function rootOf(bytes: Uint8Array, layout: Layout, signal: AbortSignal): Promise<CID> {
  const sha256 = pacedSha256(signal);
  const [root] = await treeOf(await leavesOf(bytes, layout.chunkBytes, layout.rawLeaves, sha256), layout, sha256);
  if (!root) throw new Error("a tree has a root");
  return root.cid;
}

async function leavesOf(bytes: Uint8Array, chunkBytes: number, raw: boolean, sha256: Sha256): Promise<Leaf[]> {
  const leaves: Leaf[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += chunkBytes) {
    const chunk = bytes.subarray(at, at + chunkBytes);
    const block = raw ? chunk : encode(createNode(new UnixFS({ type: "file", data: chunk }).marshal()));
    leaves.push({ bytes: block, digest: await sha256(block), size: chunk.length });
  }
  return leaves;
}

/** The root first. */
async function treeOf(
  leaves: readonly Leaf[],
  { cidVersion, rawLeaves, maxLinks }: Layout,
  sha256: Sha256,
): Promise<Block[]> {
  let level: Part[] = leaves.map(({ bytes, digest, size }) => {
    const cid = rawLeaves ? cidOf(RAW, 1, digest) : cidOf(DAG_PB, cidVersion, digest);
    return { cid, bytes, size, total: bytes.length };
  });
  const blocks: Block[] = level.toReversed();
  while (level.length > 1) {
    const above: Part[] = [];
    for (let at = 0; at < level.length; at += maxLinks) {
      above.push(await parentOf(level.slice(at, at + maxLinks), cidVersion, sha256));
    }
    level = above;
    blocks.push(...level);
  }
  return blocks.toReversed();
}

async function parentOf(parts: readonly Part[], cidVersion: 0 | 1, sha256: Sha256): Promise<Part> {
  const unixfs = new UnixFS({ type: "file", blockSizes: parts.map(({ size }) => BigInt(size)) });
  const links = parts.map(({ cid, total }): PBLink => ({ Name: "", Hash: cid, Tsize: total }));
  const bytes = encode(createNode(unixfs.marshal(), links));
  const sum = (values: number[]) => values.reduce((all, value) => all + value, 0);
  return {
    cid: cidOf(DAG_PB, cidVersion, await sha256(bytes)),
    bytes,
    size: sum(parts.map(({ size }) => size)),
    total: bytes.length + sum(parts.map(({ total }) => total)),
  };
}
