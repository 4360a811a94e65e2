import { afterEach, beforeEach, expect, test } from "bun:test";
import fc from "fast-check";
import { reasonOf, stub, withStub } from "../../../test/fakes/cuda-stub.ts";
import { exactRows, never } from "../../../test/fakes/products.ts";
import vectors from "../../../test/vectors/proof.json";

beforeEach(() => stub.reset());
afterEach(() => expect({ report: stub.report(), live: stub.live() }).toEqual({ report: "", live: 0 }));

const seed = Uint8Array.from({ length: 32 }, (_, i) => i);

test.each(vectors.proofs)("the rows of a proof of $m, $k, $n are those of the vectors", (proof) =>
  withStub({}, async (engine) => {
    const { k, n, openings } = proof;
    const exact = await engine.exact({ seed: Buffer.from(proof.seed, "hex"), k, n, maxRows: openings.length }, never);
    const { values } = await exact.rows(
      Uint32Array.from(openings, ({ index }) => index),
      never,
    );
    expect(Buffer.from(values.buffer).toString("base64")).toBe(
      Buffer.concat(openings.map((opening) => Buffer.from(opening.values, "base64"))).toString("base64"),
    );
    exact.close();
  }),
);

test("rows come in the order in which they are asked for, again and again, up to the last index", () =>
  withStub({}, async (engine) => {
    const spec = { seed, k: 75, n: 140, maxRows: 131 };
    const exact = await engine.exact(spec, never);
    const all = Uint32Array.from({ length: 131 }, (_, i) => (i * 7919) % 32768);
    for (const indices of [Uint32Array.of(32767, 0, 5), all, Uint32Array.of(5), new Uint32Array(0)]) {
      const { values } = await exact.rows(indices, never);
      expect(values).toEqual(exactRows(spec, indices));
    }
    expect(await reasonOf(exact.rows(new Uint32Array(132), never))).toMatchObject({
      message: expect.stringContaining("132 rows at once, room for 131"),
    });
    exact.close();
    exact.close();
  }));

test("any proof's rows are right", () =>
  withStub({}, async (engine) => {
    const size = fc.integer({ min: 1, max: 200 });
    const indices = fc.uint32Array({ max: 32767, minLength: 1, maxLength: 20 });
    const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const property = fc.asyncProperty(bytes, size, size, indices, async (seed, k, n, rows) => {
      const spec = { seed, k, n, maxRows: rows.length };
      const exact = await engine.exact(spec, never);
      expect((await exact.rows(rows, never)).values).toEqual(exactRows(spec, rows));
      exact.close();
    });
    await fc.assert(property, { numRuns: 20 });
  }));

test("two proofs and a product keep out of each other's way", () =>
  withStub({}, async (engine) => {
    const one = { seed, k: 33, n: 20, maxRows: 2 };
    const two = { seed: seed.toReversed(), k: 20, n: 33, maxRows: 2 };
    const [first, second] = [await engine.exact(one, never), await engine.exact(two, never)];
    const indices = Uint32Array.of(3, 1);
    expect((await first.rows(indices, never)).values).toEqual(exactRows(one, indices));
    expect((await second.rows(indices, never)).values).toEqual(exactRows(two, indices));
    // What is still open when the engine is closed is closed with it.
  }));

test("computeMs is of the multiplication, not of making the entries", () =>
  withStub({}, async (engine) => {
    stub.blockMs(10);
    const exact = await engine.exact({ seed, k: 64, n: 128, maxRows: 4 }, never);
    expect((await exact.rows(Uint32Array.of(1, 2, 3, 4), never)).computeMs).toBe(10);
  }));

test("a proof that does not fit is refused with its size", async () => {
  stub.reset({ memory: 65 * 2 ** 20 });
  await withStub({}, async (engine) => {
    const spec = { seed, k: 1024, n: 1024, maxRows: 1 };
    expect(await reasonOf(engine.exact(spec, never))).toMatchObject({
      code: "engine_memory",
      message: `the product needs ${1024 * 1024 + 128 * 1024 + 128 * 1024 * 4 + 4} bytes of the device, ${2 ** 20} are free`,
    });
  });
});

test.each([1, 3, 10])("an abort after %d turns leaves a proof that still works, or none", (turns) =>
  withStub({}, async (engine) => {
    const before = stub.live();
    const spec = { seed, k: 40, n: 200, maxRows: 3 };
    const aborted = async (run: (signal: AbortSignal) => Promise<unknown>) => {
      stub.slow(30);
      const abort = new AbortController();
      const result = run(abort.signal);
      const reason = reasonOf(result);
      for (let i = 0; i < turns; i++) await new Promise(setImmediate);
      abort.abort("gone");
      expect(await reason).toBe("gone");
      stub.slow(0);
    };
    await aborted((signal) => engine.exact(spec, signal));
    expect(stub.live()).toBe(before);
    const exact = await engine.exact(spec, never);
    const indices = Uint32Array.of(9, 8, 7);
    await aborted((signal) => exact.rows(indices, signal));
    expect((await exact.rows(indices, never)).values).toEqual(exactRows(spec, indices));
    exact.close();
    expect(stub.live()).toBe(before);
  }),
);
