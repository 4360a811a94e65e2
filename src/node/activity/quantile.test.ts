import { expect, test } from "bun:test";
import { quantile } from "./quantile.ts";

const buckets = (...pairs: [number, number][]) => new Map(pairs);

test("linear inside the bucket, as Prometheus reckons it", () => {
  const some = buckets([0.1, 10], [0.5, 90], [1, 100], [Number.POSITIVE_INFINITY, 100]);
  expect(quantile(0.5, some)).toBeCloseTo(0.3, 10);
  expect(quantile(0.95, some)).toBeCloseTo(0.75, 10);
  expect(quantile(0, buckets([1, 4], [Number.POSITIVE_INFINITY, 4]))).toBe(0);
});

test("above the highest bound there is only that bound to say", () => {
  expect(quantile(0.95, buckets([1, 1], [600, 1], [Number.POSITIVE_INFINITY, 10]))).toBe(600);
});

test("nothing of nothing", () => {
  expect(quantile(0.5, buckets())).toBeUndefined();
  expect(quantile(0.5, buckets([1, 0], [Number.POSITIVE_INFINITY, 0]))).toBeUndefined();
});
