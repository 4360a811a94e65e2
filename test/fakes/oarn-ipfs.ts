// IPFS in memory with real CIDs: what is stored gets the CID that an IPFS node would give it.
import { createHash } from "node:crypto";
import { base58 } from "@scure/base";
import { FxnError } from "../../src/core/errors.ts";
import type { Ipfs, IpfsGet } from "../../src/ipfs/ipfs.ts";

export class OarnTestIpfs implements Ipfs {
  readonly content = new Map<string, Uint8Array>();
  readonly asked: string[] = [];
  failing = false;
  away = false;

  /** As by hand: where everybody can get it. */
  put(content: string | Uint8Array): string {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    const cid = cidOf(bytes);
    this.content.set(cid, bytes);
    return cid;
  }

  async get(cid: string, { maxBytes, signal }: IpfsGet): Promise<Uint8Array> {
    signal.throwIfAborted();
    this.asked.push(cid);
    const bytes = this.content.get(cid);
    if (!bytes) throw new FxnError("content_not_found", 502, "nobody has it");
    if (bytes.length > maxBytes) throw new FxnError("content_too_large", 502, "it is too large");
    return bytes;
  }

  async canStore(): Promise<void> {
    if (this.away) throw new FxnError("upload_failed", 502, "127.0.0.1:5001: it is not there");
  }

  async add(bytes: Uint8Array): Promise<string> {
    if (this.failing) throw new FxnError("upload_failed", 502, "the IPFS node is full");
    return this.put(bytes);
  }

  async pin(): Promise<void> {}
  async unpin(): Promise<void> {}
}

/** CIDv0 of a file in one piece: UnixFS in dag-pb. */
export function cidOf(bytes: Uint8Array): string {
  const file = Buffer.concat([
    Uint8Array.of(0x08, 0x02, 0x12, ...varint(bytes.length)),
    bytes,
    Uint8Array.of(0x18, ...varint(bytes.length)),
  ]);
  const node = Buffer.concat([Uint8Array.of(0x0a, ...varint(file.length)), file]);
  return base58.encode(Uint8Array.of(0x12, 0x20, ...createHash("sha256").update(node).digest()));
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))];
}
