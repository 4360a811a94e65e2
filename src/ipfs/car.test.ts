import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { CID } from "multiformats/cid";
import { flipped } from "../../test/fakes/ipfs-api.ts";
import { carOf, IpfsBlocks, RAW, someBytes } from "../../test/fakes/ipfs-blocks.ts";
import type { Want } from "./assemble.ts";
import { readCar, writeCar } from "./car.ts";
import { IpfsError } from "./errors.ts";

const WANT: Want = { maxBytes: 1024 * 1024, signal: new AbortController().signal };

async function read(root: CID, car: Uint8Array, want: Partial<Want> = {}): Promise<Uint8Array | string> {
  try {
    return (await readCar(root, car, { ...WANT, ...want })).bytes;
  } catch (error) {
    if (error instanceof IpfsError) return error.code;
    throw error;
  }
}

async function small(): Promise<{ root: CID; car: Uint8Array; bytes: Uint8Array; blocks: IpfsBlocks }> {
  const blocks = new IpfsBlocks();
  const bytes = someBytes(500);
  const root = await blocks.add(bytes, { chunkBytes: 100, maxLinks: 2 });
  return { root, car: await blocks.car(root), bytes, blocks };
}

describe("a CAR", () => {
  test("of the official writer is read, and ours is its equal", async () => {
    const { root, car, bytes } = await small();
    const content = await readCar(root, car, WANT);
    expect(content.bytes).toEqual(Buffer.from(bytes));
    const parts: Uint8Array[] = [];
    for await (const part of writeCar(root, content.blocks)) parts.push(part);
    expect(Buffer.concat(parts)).toEqual(Buffer.from(car));
  });

  test("every flipped bit of it is refused, or the bytes are right all the same", async () => {
    const { root, car, bytes } = await small();
    const answers: Record<string, number> = {};
    for (let at = 0; at < car.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const answer = await read(root, flipped(car, at, 1 << bit));
        if (typeof answer !== "string") expect(Buffer.compare(answer, bytes)).toBe(0);
        const name = typeof answer === "string" ? answer : "right";
        answers[name] = (answers[name] ?? 0) + 1;
      }
    }
    expect(Object.keys(answers).toSorted()).toEqual(["content_false", "content_not_found", "right"]);
    // Only what names nothing that matters may change: the header's root.
    expect(answers.right).toBeLessThan(60 * 8);
  });

  test("whatever else is done to it, what is read is right", async () => {
    const { root, car, bytes } = await small();
    const place = fc.nat(car.length);
    const change = fc.tuple(place, place, fc.uint8Array({ maxLength: 80 }), fc.boolean());
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const mutated = changes.reduce((all: Uint8Array, [from, to, put, copy]) => {
          // A stretch goes, or is repeated elsewhere, or other bytes come in its place.
          const middle = copy ? all.subarray(from, to) : put;
          return Buffer.concat([all.subarray(0, from), middle, all.subarray(copy ? from : to)]);
        }, car);
        const answer = await read(root, mutated);
        if (typeof answer !== "string") expect(Buffer.compare(answer, bytes)).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  test("cut anywhere it is refused", async () => {
    const { root, car } = await small();
    for (let length = 0; length < car.length; length++) {
      expect(typeof (await read(root, car.subarray(0, length)))).toBe("string");
    }
  });

  test("in any order, with blocks that nobody asked for, false ones too", async () => {
    const { root, bytes, blocks } = await small();
    const all = await Promise.all(
      (await blocks.below(root)).map(async (cid) => ({ cid, bytes: await blocks.block(cid) })),
    );
    const other = await blocks.put(RAW, someBytes(50, 3));
    const foreign = { cid: other, bytes: someBytes(50, 4) };
    expect(await read(root, await carOf(other, [foreign, ...all.toReversed(), ...all]))).toEqual(Buffer.from(bytes));
  });

  test("of other content is refused", async () => {
    const { car, blocks } = await small();
    expect(await read(await blocks.add(someBytes(501)), car)).toBe("content_not_found");
  });
});

describe("a bomb", () => {
  test("of millions of blocks is left in time", async () => {
    const { root, blocks } = await small();
    const tiny = await blocks.put(RAW, someBytes(1));
    const section = (await carOf(root, [{ cid: tiny, bytes: someBytes(1) }])).subarray((await carOf(root, [])).length);
    const head = await carOf(root, []);
    const bomb = Buffer.concat([head, Buffer.alloc(section.length * 2_000_000, section)]);
    const started = performance.now();
    expect(await read(root, bomb)).toBe("content_false");
    expect(performance.now() - started).toBeLessThan(2000);
  });

  test("in the header, or lengths that lead back, are refused", async () => {
    const { root, car, blocks } = await small();
    const all = await Promise.all(
      (await blocks.below(root)).map(async (cid) => ({ cid, bytes: await blocks.block(cid) })),
    );
    expect(await read(root, await carOf(new Array<CID>(5000).fill(root), all))).toBe("content_false");
    // A section of one byte, which is less than its own CID.
    const head = await carOf(root, []);
    const back = Buffer.concat([head, Uint8Array.of(1), car.subarray(head.length + 1)]);
    const started = performance.now();
    expect(await read(root, back)).toBe("content_false");
    expect(performance.now() - started).toBeLessThan(2000);
  });

  test("nothing at all, and text, are no CAR", async () => {
    const { root } = await small();
    for (const text of ["", "<html>", "{}", "\u0000"])
      expect(await read(root, Buffer.from(text))).toBe("content_false");
  });
});

test("whoever waits no longer ends the reading", async () => {
  const { root, car } = await small();
  const reason = new Error("enough");
  expect(
    await readCar(root, car, { ...WANT, signal: AbortSignal.abort(reason) }).catch((error: unknown) => error),
  ).toBe(reason);
});
