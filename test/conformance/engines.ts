// What every matmul engine must do, whatever its device: one suite that each member of the table runs.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { MatmulEngine } from "../../src/gpu/engine.ts";
import { selfTest } from "../../src/gpu/self-test.ts";
import type { Operand, Product } from "../../src/matrix/kernels.ts";
import { rowOf, streamOf } from "../../src/matrix/philox.ts";
import proofs from "../vectors/proof.json";
import { textbook } from "./kernels.ts";

const never = new AbortController().signal;

function operand(precision: Product["precision"], length: number): Operand {
  const small = () => Math.floor(Math.random() * 17) - 8;
  if (precision === "float64") return Float64Array.from({ length }, small);
  return precision === "float32" ? Float32Array.from({ length }, small) : Int8Array.from({ length }, small);
}

const productOf = (precision: Product["precision"], m: number, k: number, n: number): Product => ({
  precision,
  m,
  k,
  n,
  a: operand(precision, m * k),
  b: operand(precision, k * n),
});

export function engineConformance(name: string, open: () => Promise<MatmulEngine>): void {
  describe(`engine ${name}`, () => {
    let engine: MatmulEngine;
    beforeAll(async () => {
      engine = await open();
    });
    afterAll(() => engine.close());

    test("says what it is: nothing that is not known is 0 or empty", () => {
      for (const value of Object.values(engine.device)) expect(value).not.toBeOneOf([0, "", null]);
      expect(engine.device.name).toMatch(/\w/);
      expect(engine.precisions).toContain("int8");
    });

    test("proves itself", () => selfTest(engine));

    test("products of every precision and of odd sizes", async () => {
      for (const precision of engine.precisions) {
        for (const [m, k, n] of [
          [1, 1, 1],
          [3, 5, 4],
          [17, 33, 65],
          [130, 70, 150],
        ] as const) {
          const product = productOf(precision, m, k, n);
          const { c, computeMs } = await engine.multiply(product, never);
          expect([...c]).toEqual(textbook(product));
          expect(computeMs).toBeGreaterThan(0);
        }
      }
    });

    test("float64, where it has it: bit for bit what the textbook loop gives", async () => {
      const random = () => (Math.random() - 0.5) * 10 ** Math.floor(Math.random() * 12 - 6);
      const fill = (length: number) => Float64Array.from({ length }, random);
      const [m, k, n] = [21, 83, 34];
      const product: Product = { precision: "float64", m, k, n, a: fill(m * k), b: fill(k * n) };
      if (!engine.precisions.includes("float64")) return;
      expect([...(await engine.multiply(product, never)).c]).toEqual(textbook(product));
    });

    test("the opened rows of every proof vector", async () => {
      for (const { seed, k, n, openings } of proofs.proofs) {
        const made = await engine.exact({ seed: Buffer.from(seed, "hex"), k, n, maxRows: openings.length }, never);
        const { values } = await made.rows(
          Uint32Array.from(openings, ({ index }) => index),
          never,
        );
        made.close();
        const rows = openings.map((_, at) => Buffer.from(values.buffer, at * n * 4, n * 4).toString("base64"));
        expect(rows).toEqual(openings.map((opening) => opening.values));
      }
    });

    test("rows in any order and number from one B; a second B after the first", async () => {
      const seed = crypto.getRandomValues(new Uint8Array(32));
      for (const [k, n] of [
        [100, 61],
        [31, 7],
      ] as const) {
        const [a, b] = [streamOf(seed, "A"), streamOf(seed, "B")];
        const rowsOfB = Array.from({ length: k }, (_, p) => rowOf(b, p, n));
        const made = await engine.exact({ seed, k, n, maxRows: 9 }, never);
        for (const indices of [[5], [0, 32_767, 7], Array.from({ length: 9 }, (_, i) => 8 - i)]) {
          const { values } = await made.rows(Uint32Array.from(indices), never);
          const product: Product = {
            precision: "int8",
            m: indices.length,
            k,
            n,
            a: Int8Array.from(indices.flatMap((row) => [...rowOf(a, row, k)])),
            b: Int8Array.from(rowsOfB.flatMap((row) => [...row])),
          };
          expect([...values]).toEqual(textbook(product));
        }
        made.close();
      }
    });

    test("what is aborted before it begins ends with the signal's reason; the next product is right", async () => {
      const reason = new Error("enough");
      const product = productOf("int8", 40, 40, 40);
      await expect(engine.multiply(product, AbortSignal.abort(reason))).rejects.toBe(reason);
      expect([...(await engine.multiply(product, never)).c]).toEqual(textbook(product));
    });

    test("a precision that it does not have is refused", async () => {
      const all = ["float64", "float32", "int8"] as const;
      for (const precision of all.filter((one) => !engine.precisions.includes(one))) {
        const refused = engine.multiply(productOf(precision, 2, 2, 2), never);
        await expect(refused).rejects.toMatchObject({ code: "engine_precision" });
      }
    });
  });
}
