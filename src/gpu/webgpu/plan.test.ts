import { expect, test } from "bun:test";
import fc from "fast-check";
import { planOf } from "./plan.ts";

const MB = 2 ** 20;

test("a small product is one tile", () => {
  expect(planOf(1, 1, 1, 4, 128 * MB)).toEqual({
    entryBytes: 1,
    steps: 1,
    depth: 64,
    rows: 64,
    panels: [{ column: 0, columns: 1, across: 1 }],
  });
});

test("16384² of int8 and 8192² of float32 fit where buffers end at 128 MB", () => {
  expect(planOf(16384, 16384, 16384, 4, 128 * MB).panels.map(({ columns }) => columns)).toEqual([8192, 8192]);
  expect(planOf(8192, 8192, 8192, 1, 128 * MB).panels.map(({ columns }) => columns)).toEqual([4096, 4096]);
});

test("a row of tiles that no buffer holds is engine_memory", () => {
  expect(() => planOf(1, MB, 1, 1, 128 * MB)).toThrow(expect.objectContaining({ code: "engine_memory" }));
});

test("panels cover all columns in order, and every buffer stays within the device's limit", () => {
  const size = fc.integer({ min: 1, max: 40_000 });
  fc.assert(
    fc.property(size, fc.integer({ min: 1, max: 262_144 }), size, fc.constantFrom(1, 4), (m, k, n, packing) => {
      const largest = 128 * MB;
      const { depth, rows, panels, entryBytes } = planOf(m, k, n, packing, largest);
      expect(depth).toBeGreaterThanOrEqual(k);
      expect(rows * depth * entryBytes).toBeLessThanOrEqual(largest);
      let next = 0;
      for (const { column, columns, across } of panels) {
        expect(column).toBe(next);
        expect(columns).toBeGreaterThan(0);
        expect(across).toBe(Math.ceil(columns / 64));
        expect(depth * across * 64 * entryBytes).toBeLessThanOrEqual(largest);
        expect(rows * across * 64 * 4).toBeLessThanOrEqual(largest);
        next += columns;
      }
      expect(next).toBe(n);
    }),
  );
});
