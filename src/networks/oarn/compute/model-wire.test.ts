import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { FrameReader, head, type Kind, WireError } from "./model-wire.ts";

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const size of sizes) {
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return [...pieces, bytes.subarray(at)];
}

describe("frames", () => {
  test("come out as they went in, however they are cut", () => {
    const frame = fc.record({
      kind: fc.constantFrom<Kind>("model", "input", "opened", "output", "failed"),
      body: fc.uint8Array({ maxLength: 40 }),
    });
    fc.assert(
      fc.property(fc.array(frame), fc.array(fc.nat(9)), (frames, sizes) => {
        const bytes = Buffer.concat(frames.flatMap(({ kind, body }) => [head(kind, body.length), body]));
        const reader = new FrameReader(40);
        const read = cut(bytes, sizes).flatMap((piece) => [...reader.push(piece)]);
        expect(read.map(({ kind, body }) => [kind, [...body]])).toEqual(
          frames.map(({ kind, body }) => [kind, [...body]]),
        );
      }),
    );
  });

  test("that are too long, or of no kind, are refused by their head", () => {
    expect(() => [...new FrameReader(10).push(head("output", 11))]).toThrow(WireError);
    expect(() => [...new FrameReader(10).push(Uint8Array.of(9, 0, 0, 0, 0))]).toThrow("a frame of kind 9");
  });
});
