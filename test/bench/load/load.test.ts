import { describe, expect, test } from "bun:test";
import { failed, failures, parseMeasured, perSecond } from "./load.ts";

const GOOD =
  '{"good":10,"seconds":0.5,"latency":{"p50":1.5,"p99":2,"max":3},"closed":0,"wrong":0,"unanswered":0,"statuses":{}}';
const BAD = '{"good":0,"seconds":2,"closed":1,"wrong":2,"unanswered":3,"statuses":{"429":4,"503":5}}';

describe("what the load generator prints", () => {
  test("of good answers", () => {
    const result = parseMeasured(GOOD);
    expect(result.latency).toEqual({ p50: 1.5, p99: 2, max: 3 });
    expect(result.firstToken).toBeUndefined();
    expect(perSecond(result)).toBe(20);
    expect(failures(result)).toBe(0);
    expect(failed(result)).toBe("");
  });

  test("of failures, by kind", () => {
    const result = parseMeasured(BAD);
    expect(failures(result)).toBe(15);
    expect(failed(result)).toBe("4 × 429, 5 × 503, 1 × closed, 2 × wrong answers, 3 × unanswered");
    expect(result.latency).toBeUndefined();
  });

  test("nothing done takes no time", () => {
    expect(perSecond({ ...parseMeasured(GOOD), good: 0, seconds: 0 })).toBe(0);
  });

  test("and what is not its output is refused", () => {
    for (const text of ["", "{}", GOOD.slice(0, 40), GOOD.replace("10", '"10"')])
      expect(() => parseMeasured(text)).toThrow();
  });
});
