import { describe, expect, test } from "bun:test";
import { FakeClock } from "../../test/fakes/clock.ts";
import { Breaker, type BreakerState } from "./breaker.ts";

function setUp() {
  const clock = new FakeClock();
  const states: BreakerState[] = [];
  const breaker = new Breaker({ failures: 3, ejection: 1000, maxEjection: 5000 }, clock, (state) => states.push(state));
  const fail = (times = 1) => {
    for (let i = 0; i < times; i++) breaker.admit().failed("it is down");
  };
  const succeed = () => breaker.admit().completed();
  return { clock, breaker, states, fail, succeed };
}

describe("leaving out", () => {
  test("after that many failures in a row, not before", () => {
    const { breaker, fail } = setUp();
    fail(2);
    expect(breaker.available()).toBeTrue();
    fail();
    expect([breaker.available(), breaker.state, breaker.ejectedForMs()]).toEqual([false, "open", 1000]);
    expect(breaker.lastError).toBe("it is down");
  });

  test("an answer that ended well forgives; one that only began well does not", () => {
    const { breaker, fail, succeed } = setUp();
    fail(2);
    succeed();
    fail(2);
    breaker.admit().answered();
    expect(breaker.available()).toBeTrue();
    fail();
    expect(breaker.available()).toBeFalse();
  });

  test("a server that begins each answer and cuts it is left out", () => {
    const { breaker } = setUp();
    for (let i = 0; i < 3; i++) {
      const ticket = breaker.admit();
      ticket.answered();
      ticket.failed("cut");
    }
    expect(breaker.available()).toBeFalse();
  });

  test("callers that leave say nothing", () => {
    const { breaker, fail } = setUp();
    fail(2);
    breaker.admit().dropped();
    expect(breaker.available()).toBeTrue();
    fail();
    expect(breaker.available()).toBeFalse();
  });

  test("a ticket says one final word", () => {
    const { breaker } = setUp();
    const ticket = breaker.admit();
    for (let i = 0; i < 9; i++) ticket.failed("again");
    expect(breaker.available()).toBeTrue();
  });

  test("many failures at once are one ejection: its time does not double", () => {
    const { breaker } = setUp();
    const tickets = Array.from({ length: 50 }, () => breaker.admit());
    for (const ticket of tickets) ticket.failed("down");
    expect(breaker.ejectedForMs()).toBe(1000);
  });

  test("an answer that began before the ejection does not end it", () => {
    const { breaker, fail } = setUp();
    const old = breaker.admit();
    fail(3);
    old.completed();
    expect(breaker.state).toBe("open");
  });
});

describe("half-open", () => {
  test("exactly one trial passes", async () => {
    const { clock, breaker, fail } = setUp();
    fail(3);
    await clock.advance(999);
    expect(breaker.available()).toBeFalse();
    await clock.advance(1);
    expect(breaker.available()).toBeTrue();
    breaker.admit();
    expect([breaker.available(), breaker.state]).toEqual([false, "half_open"]);
  });

  test("a trial that begins well takes the server back, before it ends", async () => {
    const { clock, breaker, states, fail } = setUp();
    fail(3);
    await clock.advance(1000);
    breaker.admit().answered();
    expect(breaker.available()).toBeTrue();
    expect(states).toEqual(["open", "half_open", "closed"]);
  });

  test("each failed trial doubles the time, up to the longest; a good answer starts anew", async () => {
    const { clock, breaker, fail, succeed } = setUp();
    fail(3);
    for (const next of [2000, 4000, 5000, 5000]) {
      await clock.advance(breaker.ejectedForMs());
      fail();
      expect(breaker.ejectedForMs()).toBe(next);
    }
    await clock.advance(5000);
    succeed();
    fail(3);
    expect(breaker.ejectedForMs()).toBe(1000);
  });

  test("a trial whose caller leaves makes room for the next", async () => {
    const { clock, breaker, fail } = setUp();
    fail(3);
    await clock.advance(1000);
    breaker.admit().dropped();
    expect(breaker.available()).toBeTrue();
    breaker.admit();
    expect(breaker.available()).toBeFalse();
  });
});

test("a server that was never heard of may be asked, and is known after its first answer", () => {
  const { breaker, states, succeed } = setUp();
  expect([breaker.state, breaker.available()]).toEqual(["unknown", true]);
  succeed();
  succeed();
  expect(states).toEqual(["closed"]);
});
