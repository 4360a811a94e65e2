import { expect, test } from "bun:test";
import fc from "fast-check";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { LightCounter, LightGauge, LightHistogram } from "./light.ts";
import { merged } from "./node.ts";

const BUCKETS = [0.1, 0.5, 1, 2.5];
const about = { name: "x_seconds", help: "h", labelNames: ["route", "code"] as const, buckets: BUCKETS };
const sorted = (text: string) => text.split("\n").sort();

test("a histogram says what prom-client's own would, as text and as JSON, whatever is observed", async () => {
  const label = fc.constantFrom("a", "b", "");
  // Sums of eighths are exact, in any order.
  const value = fc.integer({ min: 0, max: 40 }).map((n) => n / 8);
  const seen = fc.array(fc.record({ route: label, code: fc.constantFrom(200, 404), value }), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(seen, async (all) => {
      const [ours, theirs] = [new Registry(), new Registry()];
      const light = new LightHistogram({ ...about, registers: [ours] });
      const plain = new Histogram({ ...about, registers: [theirs] });
      for (const { value: seconds, ...labels } of all) {
        light.record(labels, seconds);
        plain.observe(labels, seconds);
      }
      expect(sorted(await ours.metrics())).toEqual(sorted(await theirs.metrics()));
      // As several processes' metrics are merged.
      expect(sorted(await merged([await ours.getMetricsAsJSON(), await ours.getMetricsAsJSON()]))).toEqual(
        sorted(await merged([await theirs.getMetricsAsJSON(), await theirs.getMetricsAsJSON()])),
      );
    }),
    { numRuns: 60 },
  );
});

test("a counter says what prom-client's own would, at every scrape", async () => {
  const [ours, theirs] = [new Registry(), new Registry()];
  const config = { name: "x_total", help: "h", labelNames: ["route", "code"] as const };
  const light = new LightCounter({ ...config, registers: [ours] });
  const plain = new Counter({ ...config, registers: [theirs] });
  expect(await ours.metrics()).toBe(await theirs.metrics());
  for (let round = 0; round < 3; round++) {
    for (const [route, code] of [
      ["a", 200],
      ["a", 404],
      ["b", 200],
      ["a", 200],
    ] as const) {
      light.inc({ route, code });
      plain.inc({ route, code });
    }
    light.inc({ route: "b", code: 200 }, 7);
    plain.inc({ route: "b", code: 200 }, 7);
    expect(await ours.metrics()).toBe(await theirs.metrics());
  }
});

test("a gauge says what prom-client's own would, at every scrape", async () => {
  const [ours, theirs] = [new Registry(), new Registry()];
  const config = { name: "x_held", help: "h", labelNames: ["backend"] as const };
  const light = new LightGauge({ ...config, registers: [ours] });
  const plain = new Gauge({ ...config, registers: [theirs] });
  expect(await ours.metrics()).toBe(await theirs.metrics());
  for (const by of [2, 3, -5, 1]) {
    light.add({ backend: "a" }, by);
    if (by > 0) plain.inc({ backend: "a" }, by);
    else plain.dec({ backend: "a" }, -by);
    light.set({ backend: "b" }, by);
    plain.set({ backend: "b" }, by);
    expect(await ours.metrics()).toBe(await theirs.metrics());
  }
});
