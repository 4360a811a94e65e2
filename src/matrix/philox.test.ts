import { expect, test } from "bun:test";
import vectors from "../../test/vectors/proof.json";
import { philox4x32, rowOf, streamOf } from "./philox.ts";

const word = (hex: string) => Number.parseInt(hex, 16);

test("the known answers of Philox4x32-10", () => {
  expect(vectors.philox4x32_10.length).toBeGreaterThan(2);
  for (const { counter, key, out } of vectors.philox4x32_10)
    expect(philox4x32(counter.map(word), key.map(word))).toEqual(out.map(word) as [number, number, number, number]);
});

test("the first rows of A and B of every proof vector", () => {
  for (const { seed, k, n, A_row0, B_row0 } of vectors.proofs) {
    const bytes = Buffer.from(seed, "hex");
    expect([...rowOf(streamOf(bytes, "A"), 0, k)].slice(0, A_row0.length)).toEqual(A_row0);
    expect([...rowOf(streamOf(bytes, "B"), 0, n)].slice(0, B_row0.length)).toEqual(B_row0);
  }
});
