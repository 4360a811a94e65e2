// What the compiled kernels must do, as a native library and as WebAssembly: one suite that both run.
import { beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Kernels, type Operand, PRINTED_BYTES, type Product } from "../../src/matrix/kernels.ts";
import { rowOf, streamOf } from "../../src/matrix/philox.ts";
import go from "../vectors/go-print6.json";
import proofs from "../vectors/proof.json";

const never = new AbortController().signal;

/** The textbook loop: each sum in the order of k. */
export function textbook({ m, k, n, a, b }: Product, round = (x: number) => x): number[] {
  return Array.from({ length: m * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = 0;
    for (let p = 0; p < k; p++) sum = round(sum + (a[i * k + p] ?? 0) * (b[p * n + j] ?? 0));
    return sum;
  });
}

const filled = <T extends Operand>(into: T, value: () => number): T => {
  for (let i = 0; i < into.length; i++) into[i] = value();
  return into;
};
const anywhere = (low: number, high: number) => () => Math.floor(low + Math.random() * (high - low + 1));

/** Sizes about the edges of every tile, group and block there is. */
const SIZES = [
  [1, 1, 1],
  [2, 3, 5],
  [7, 2, 33],
  [12, 257, 32],
  [13, 64, 31],
  [97, 513, 65],
  [193, 31, 129],
  [5, 1030, 3],
] as const;

export function kernelsConformance(name: string, open: () => Kernels | Promise<Kernels>): void {
  describe(name, () => {
    let kernels: Kernels;
    beforeAll(async () => {
      kernels = await open();
    });

    test("float64: bit for bit what the textbook loop gives", async () => {
      for (const [m, k, n] of SIZES) {
        const random = () => (Math.random() - 0.5) * 10 ** anywhere(-8, 8)();
        const a = filled(new Float64Array(m * k), random);
        const product: Product = { precision: "float64", m, k, n, a, b: filled(new Float64Array(k * n), random) };
        const { c } = await kernels.multiply(product, 2, never);
        expect([...c]).toEqual(textbook(product));
      }
    });

    test("float32: within the bound of any order of summation, exact on small integers", async () => {
      for (const [m, k, n] of SIZES) {
        const a = filled(new Float32Array(m * k), anywhere(-8, 8));
        const exact: Product = {
          precision: "float32",
          m,
          k,
          n,
          a,
          b: filled(new Float32Array(k * n), anywhere(-8, 8)),
        };
        expect([...(await kernels.multiply(exact, 2, never)).c]).toEqual(textbook(exact));
        const random = {
          ...exact,
          a: filled(new Float32Array(m * k), Math.random),
          b: filled(new Float32Array(k * n), Math.random),
        };
        const { c } = await kernels.multiply(random, 2, never);
        const wanted = textbook(random);
        for (const [at, value] of c.entries())
          expect(Math.abs(value - (wanted[at] ?? 0))).toBeLessThanOrEqual(k * 2 ** -23 * k);
      }
    });

    test("int8: exact, at its extremes too", async () => {
      for (const [m, k, n] of SIZES) {
        for (const value of [anywhere(-128, 127), () => -128, () => 127]) {
          const a = filled(new Int8Array(m * k), value);
          const product: Product = { precision: "int8", m, k, n, a, b: filled(new Int8Array(k * n), value) };
          expect([...(await kernels.multiply(product, 2, never)).c]).toEqual(textbook(product));
        }
      }
    });

    test("the rows of every proof vector, in any order", async () => {
      for (const { seed, m, k, n, openings } of proofs.proofs) {
        const bytes = Buffer.from(seed, "hex");
        const b = await kernels.exact({ a: streamOf(bytes, "A"), b: streamOf(bytes, "B"), k, n }, 2, never);
        const indices = Uint32Array.from(openings, ({ index }) => index).reverse();
        const { values } = await b.rows(indices, never);
        b.close();
        const rows = [...indices.keys()].map((at) => Buffer.from(values.buffer, at * n * 4, n * 4).toString("base64"));
        expect(rows.reverse()).toEqual(openings.map((opening) => opening.values));
        expect(Math.max(...indices)).toBeLessThan(m);
      }
    });

    test("rows of proofs of any size are those of the definition", async () => {
      const word = fc.integer({ min: 1, max: 140 });
      const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });
      await fc.assert(
        fc.asyncProperty(seeds, word, word, fc.nat(32_767), async (seed, k, n, row) => {
          const [a, b] = [streamOf(seed, "A"), streamOf(seed, "B")];
          const made = await kernels.exact({ a, b, k, n }, 1, never);
          const { values } = await made.rows(Uint32Array.of(row), never);
          made.close();
          const rows = Array.from({ length: k }, (_, p) => rowOf(b, p, n));
          const product: Product = {
            precision: "int8",
            m: 1,
            k,
            n,
            a: rowOf(a, row, k),
            b: Int8Array.from(rows.flatMap((entries) => [...entries])),
          };
          expect([...values]).toEqual(textbook(product));
        }),
        { numRuns: 25 },
      );
    });

    test("%.6f as Go prints it: halves, negative zero, 1e21, tiny, huge, infinite", () => {
      const bits = BigUint64Array.from(go.print6, (value) => BigInt(`0x${value.bits}`));
      const printed = kernels.print6(new Float64Array(bits.buffer));
      expect(new TextDecoder().decode(printed)).toBe(go.print6.map(({ text }) => text).join(""));
      for (const { bits: one, text } of go.print6.slice(0, 60)) {
        const value = new Float64Array(BigUint64Array.of(BigInt(`0x${one}`)).buffer);
        expect(new TextDecoder().decode(kernels.print6(value))).toBe(text);
        expect(text.length).toBeLessThanOrEqual(PRINTED_BYTES);
      }
    });

    test("Freivalds: right rows pass, one wrong entry anywhere does not", async () => {
      const seed = crypto.getRandomValues(new Uint8Array(32));
      const size = { a: streamOf(seed, "A"), b: streamOf(seed, "B"), k: 67, n: 45 };
      const made = await kernels.exact(size, 1, never);
      const rows = Uint32Array.of(3, 9, 4_000);
      const { values } = await made.rows(rows, never);
      made.close();
      const coefficients = BigUint64Array.of(1n, (1n << 61n) - 2n, 1234567890123456789n);
      expect(kernels.wrongColumn(size, { rows, coefficients, values })).toBeUndefined();
      for (let at = 0; at < values.length; at++) {
        const forged = values.slice();
        forged[at] = (forged[at] ?? 0) + 1;
        expect(kernels.wrongColumn(size, { rows, coefficients, values: forged })).toBe(at % size.n);
      }
    });

    test("an aborted product ends with the signal's reason, and the next one is right", async () => {
      const side = 700;
      const product: Product = {
        precision: "int8",
        m: side,
        k: side,
        n: side,
        a: new Int8Array(side * side).fill(1),
        b: new Int8Array(side * side).fill(1),
      };
      const reason = new Error("enough");
      await expect(kernels.multiply(product, 2, AbortSignal.abort(reason))).rejects.toBe(reason);
      const { c } = await kernels.multiply(product, 2, never);
      expect(c.every((value) => value === side)).toBeTrue();
    });
  });
}
