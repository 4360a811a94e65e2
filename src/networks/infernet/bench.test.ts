// Speed as it was: an average over the last answers, and nothing before the first.
import { expect, test } from "bun:test";
import { Bench } from "./bench.ts";

test("an average over 32 answers, rounded", () => {
  const bench = new Bench();
  expect(bench.spec).toBeUndefined();
  bench.note(0, 100, 0);
  bench.note(5, 0, 0);
  expect(bench.spec).toBeUndefined();
  for (let i = 0; i < 40; i++) bench.note(i < 8 ? 1_000_000 : 10, 3000, i * 1000);
  expect(bench.spec).toEqual({
    tokens_per_second_avg: 3.33,
    samples: 32,
    window_started_at: new Date(8000).toISOString(),
  });
});
