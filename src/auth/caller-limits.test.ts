import { expect, test } from "bun:test";
import { FakeClock } from "../../test/fakes/clock.ts";
import { ownRows } from "../lib/shared-rows.ts";
import { CallerLimits } from "./caller-limits.ts";
import { AuthError } from "./errors.ts";

function outcome(admit: () => unknown): string {
  try {
    admit();
    return "in";
  } catch (error) {
    if (!(error instanceof AuthError)) throw error;
    return `${error.code} ${error.headers["Retry-After"]}`;
  }
}

test("requests per minute refill with time, each caller on its own", async () => {
  const clock = new FakeClock();
  const limits = new CallerLimits({ requestsPerMinute: 2, tokensPerMinute: 0, concurrent: 0 }, ownRows(clock));
  const admit = (caller: string) => outcome(() => limits.admit(caller));
  expect([admit("a"), admit("a"), admit("a"), admit("b")]).toEqual(["in", "in", "rate_limited 30", "in"]);
  await clock.advance(30_000);
  expect([admit("a"), admit("a")]).toEqual(["in", "rate_limited 30"]);
});

test("tokens are paid afterwards: overdrawn once, refused until the debt is paid", async () => {
  const clock = new FakeClock();
  const limits = new CallerLimits({ requestsPerMinute: 0, tokensPerMinute: 600, concurrent: 0 }, ownRows(clock));
  limits.admit("a");
  limits.spend("a", 900);
  expect(outcome(() => limits.admit("a"))).toBe("tokens_limited 31");
  await clock.advance(31_000);
  expect(outcome(() => limits.admit("a"))).toBe("in");
});

test("concurrent requests: a place is free again when one ends, and ending twice frees one place", () => {
  const limits = new CallerLimits(
    { requestsPerMinute: 0, tokensPerMinute: 0, concurrent: 2 },
    ownRows(new FakeClock()),
  );
  const release = limits.admit("a");
  limits.admit("a");
  expect(outcome(() => limits.admit("a"))).toBe("too_many_concurrent 1");
  release();
  release();
  expect(outcome(() => limits.admit("a"))).toBe("in");
  expect(outcome(() => limits.admit("a"))).toBe("too_many_concurrent 1");
});

test("no limits by default", () => {
  const limits = new CallerLimits(
    { requestsPerMinute: 0, tokensPerMinute: 0, concurrent: 0 },
    ownRows(new FakeClock()),
  );
  limits.spend("a", 1e9);
  for (let i = 0; i < 5000; i++) limits.admit("a");
});
