// The last minutes beside the day before: refusals by reason, and first tokens of all processes together.
import { beforeEach, describe, expect, test } from "bun:test";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { Lately } from "./lately.ts";

const MINUTE = 60_000;
const NONE = new Map<number, number>();

let clock: FakeClock;
let lately: Lately;
beforeEach(() => {
  clock = new FakeClock();
  lately = new Lately(clock);
});

/** That many in each minute. */
async function minutes(count: number, refused: Readonly<Record<string, number>>) {
  for (let i = 0; i < count; i++) {
    await clock.advance(MINUTE);
    lately.add([refused, {}], NONE);
  }
}

describe("refusals", () => {
  test("of the last ten minutes, and what was usual in as long a time before", async () => {
    await minutes(60, { nonce_replayed: 2 });
    await minutes(10, { nonce_replayed: 30, caller_not_authorized: 1 });
    const { lately: now, usual } = lately.refusals(["nonce_replayed"]);
    expect([now, usual]).toEqual([300, expect.closeTo(20, 0)]);
    expect(lately.refusals(["caller_not_authorized"])).toEqual({ lately: 10, usual: 0 });
    expect(lately.refusals(["nonce_replayed", "caller_not_authorized"]).lately).toBe(310);
  });

  test("a node that has just begun does not know what is usual: an hour has to be known", async () => {
    await minutes(59, { nonce_replayed: 5 });
    expect(lately.refusals(["nonce_replayed"])).toEqual({ lately: 50, usual: undefined });
    await minutes(1, { nonce_replayed: 5 });
    expect(lately.refusals(["nonce_replayed"])).toEqual({ lately: 50, usual: 50 });
  });

  test("what is older than a day is forgotten", async () => {
    await minutes(10, { nonce_replayed: 1000 });
    await minutes(24 * 60, {});
    expect(lately.refusals(["nonce_replayed"])).toEqual({ lately: 0, usual: 0 });
  });
});

test("first tokens: 95 of 100 of the last ten minutes, however many samples they came in", async () => {
  expect(lately.firstToken()).toBeUndefined();
  const took = (seconds: 5 | 20, count: number) =>
    lately.add(
      [],
      new Map([
        [5, seconds === 5 ? count : 0],
        [20, count],
        [Number.POSITIVE_INFINITY, count],
      ]),
    );
  took(5, 90);
  expect(lately.firstToken()?.count).toBe(90);
  expect(lately.firstToken()?.seconds).toBeLessThan(5);
  await clock.advance(5 * MINUTE);
  took(20, 10);
  expect(lately.firstToken()?.count).toBe(100);
  expect(lately.firstToken()?.seconds).toBeGreaterThan(5);
  await clock.advance(6 * MINUTE);
  lately.add([], NONE);
  expect(lately.firstToken()?.seconds).toBeGreaterThan(15);
  await clock.advance(5 * MINUTE);
  expect(lately.firstToken()).toBeUndefined();
});
