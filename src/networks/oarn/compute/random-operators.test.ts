import { expect, test } from "bun:test";
import * as models from "../../../../test/sandbox/onnx-models.ts";
import { randomOperators } from "./random-operators.ts";

test("models whose results are always the same have none", () => {
  for (const model of [models.doubling, models.matmul, models.largest, models.loop(3)])
    expect(randomOperators(model)).toEqual([]);
});

test("they are found in the model, in a loop's body, and in a function", () => {
  expect(randomOperators(models.random)).toEqual(["RandomNormalLike"]);
  expect(randomOperators(models.randomInLoop)).toEqual(["RandomUniformLike"]);
  const field = (number: number, bytes: Uint8Array) =>
    Uint8Array.from([...(number < 16 ? [number * 8 + 2] : [(number * 8 + 2) | 128, 1]), bytes.length, ...bytes]);
  const name = new TextEncoder().encode("Multinomial");
  expect(randomOperators(field(25, field(7, field(4, name))))).toEqual(["Multinomial"]);
  // A node may be called so, or have an input of that name.
  expect(randomOperators(field(7, field(1, field(3, name))))).toEqual([]);
});

test("attack: whatever the bytes are, they are read in time and nothing is thrown", () => {
  const attacks = [
    new Uint8Array(0),
    new Uint8Array(1_000_000).fill(255),
    new Uint8Array(1_000_000).fill(0x3a),
    new Uint8Array(1_000_000).fill(0x0a),
    Uint8Array.of(0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f),
    models.random.subarray(0, models.random.length / 2),
    Uint8Array.from({ length: 200_000 }, (_, i) => (i * 2_654_435_761) >>> 24),
  ];
  const from = performance.now();
  for (const attack of attacks) expect(randomOperators(attack)).toEqual([]);
  expect(performance.now() - from).toBeLessThan(5000);
});
