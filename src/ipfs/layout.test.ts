import { describe, expect, test } from "bun:test";
import { type AddOptions, IpfsBlocks, someBytes } from "../../test/fakes/ipfs-blocks.ts";
import vectors from "../../test/vectors/ipfs.json";
import { parseCid } from "./cid.ts";
import { DEFAULT_LAYOUT, rebuild, rootOf } from "./layout.ts";

const { signal } = new AbortController();
const KIB = 1024;

const SIZES = [0, 1, 256 * KIB - 1, 256 * KIB, 256 * KIB + 1, 1024 * KIB + 7, 174 * 256 * KIB, 174 * 256 * KIB + 1];
const WAYS: readonly AddOptions[] = [
  { cidVersion: 0, rawLeaves: false },
  { cidVersion: 0, rawLeaves: true },
  { cidVersion: 1, rawLeaves: false },
  { cidVersion: 1, rawLeaves: true },
  { cidVersion: 1, rawLeaves: true, chunkBytes: 1024 * KIB, maxLinks: 1024 },
];
/** Enough where only the number of levels is new. */
const LARGE_WAYS: readonly AddOptions[] = [
  { cidVersion: 0, rawLeaves: false },
  { cidVersion: 1, rawLeaves: true },
];

test("contents whose CIDs everybody knows", async () => {
  for (const { text, cid } of vectors.known) {
    const bytes = new TextEncoder().encode(text);
    expect((await rebuild(parseCid(cid), bytes, signal))?.verified.bytes).toEqual(bytes);
    if (cid.startsWith("Qm")) expect(String(await rootOf(bytes, DEFAULT_LAYOUT, signal))).toBe(cid);
  }
});

describe("as the official importer does it", () => {
  for (const size of SIZES) {
    test(`${size} bytes`, async () => {
      const bytes = someBytes(size);
      for (const way of size > 1024 * 1024 * 2 ? LARGE_WAYS : WAYS) {
        const cid = await new IpfsBlocks().add(bytes, way);
        const rebuilt = await rebuild(cid, bytes, signal);
        expect([way, rebuilt?.verified.bytes.length]).toEqual([way, size]);
        expect(rebuilt?.verified.blocks[0]?.cid.multihash.digest).toEqual(cid.multihash.digest);
        if (rebuilt) expect((await rootOf(bytes, rebuilt.layout, signal)).toString()).toBe(cid.toString());
        // Either version of the same root.
        if (cid.code === 0x70) {
          const other = cid.version === 0 ? cid.toV1() : cid.toV0();
          expect(await rebuild(other, bytes, signal)).toBeDefined();
        }
      }
    });
  }
});

test("a byte more, less or other gives no root", async () => {
  const bytes = someBytes(300 * KIB);
  for (const way of WAYS) {
    const cid = await new IpfsBlocks().add(bytes, way);
    for (const other of [bytes.subarray(1), someBytes(300 * KIB + 1), Uint8Array.from(bytes).fill(0, 9, 10)]) {
      expect(await rebuild(cid, other, signal)).toBeUndefined();
    }
  }
});

test("whoever waits no longer ends it between two steps", async () => {
  const cancel = new AbortController();
  const work = rebuild(await new IpfsBlocks().add(someBytes(1)), someBytes(64 * KIB * KIB), cancel.signal);
  cancel.abort(new Error("enough"));
  expect(await work.catch(String)).toBe("Error: enough");
});
