// One node of a file: its own bytes and its parts, or why it is no file.
import { decode } from "@ipld/dag-pb";
import { UnixFS } from "ipfs-unixfs";
import type { CID } from "multiformats/cid";
import { messageOf } from "../core/errors.ts";
import { supported } from "./cid.ts";
import { IpfsError } from "./errors.ts";

export interface FilePart {
  readonly cid: CID;
  /** Bytes of the file below it, as the node says. */
  readonly size: number;
}

export interface FileNode {
  readonly data: Uint8Array;
  readonly parts: readonly FilePart[];
}

/** What networks carry at most; a larger one would take long to decode. */
const MOST_NODE_BYTES = 2 * 1024 * 1024;
const EMPTY = new Uint8Array(0);

const KINDS: Readonly<Record<string, string>> = {
  directory: "a directory",
  "hamt-sharded-directory": "a sharded directory",
  symlink: "a symbolic link",
  metadata: "metadata of a file",
};

/** @param block verified @throws IpfsError "content_unsupported": with verified bytes that is a fact of the content */
export function fileNode(block: Uint8Array): FileNode {
  if (block.length > MOST_NODE_BYTES) throw noFile(`has a node of more than ${MOST_NODE_BYTES} bytes`);
  const { unixfs, links } = decoded(block);
  const kind = KINDS[unixfs.type];
  if (kind) throw noFile(`is ${kind}, not a file`);
  if (links.length !== unixfs.blockSizes.length) throw noFile("has a node with another number of sizes than of parts");
  const parts = links.map((cid, i) => ({ cid: supported(cid), size: Number(unixfs.blockSizes[i]) }));
  return { data: unixfs.data ?? EMPTY, parts };
}

function decoded(block: Uint8Array): { unixfs: UnixFS; links: CID[] } {
  try {
    const { Data, Links } = decode(block);
    if (!Data) throw new Error("no data");
    return { unixfs: UnixFS.unmarshal(Data), links: Links.map(({ Hash }) => Hash) };
  } catch (error) {
    throw noFile(`is no UnixFS file (${messageOf(error)})`);
  }
}

export function noFile(why: string): IpfsError {
  return new IpfsError("content_unsupported", `the content ${why}`);
}
