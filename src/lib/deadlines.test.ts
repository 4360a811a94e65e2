import { expect, test } from "bun:test";
import { FakeClock } from "../../test/fakes/clock.ts";
import type { Clock } from "../core/clock.ts";
import { Deadlines } from "./deadlines.ts";

function start() {
  const clock = new FakeClock();
  let timers = 0;
  const counted: Clock = {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after(ms, fn) {
      timers++;
      return clock.after(ms, fn);
    },
  };
  const expired: string[] = [];
  const who = (name: string) => ({ expired: () => expired.push(name) });
  return { clock, deadlines: new Deadlines(counted), expired, who, timers: () => timers };
}

test("each expires at its time, the earlier first, however they were set", async () => {
  const { clock, deadlines, expired, who } = start();
  deadlines.set(who("late"), 300);
  deadlines.set(who("early"), 100);
  deadlines.set(who("middle"), 200);
  await clock.advance(99);
  expect(expired).toEqual([]);
  await clock.advance(1);
  expect(expired).toEqual(["early"]);
  await clock.advance(200);
  expect(expired).toEqual(["early", "middle", "late"]);
});

test("one that is set anew has its new time; one that is cleared never expires", async () => {
  const { clock, deadlines, expired, who } = start();
  const [moved, cleared] = [who("moved"), who("cleared")];
  deadlines.set(moved, 100);
  deadlines.set(cleared, 100);
  await clock.advance(50);
  deadlines.set(moved, 100);
  deadlines.clear(cleared);
  await clock.advance(99);
  expect(expired).toEqual([]);
  await clock.advance(5);
  expect(expired).toEqual(["moved"]);
});

test("one that expires may set and clear others", async () => {
  const { clock, deadlines, expired, who } = start();
  const other = who("other");
  deadlines.set(other, 200);
  const expiring = () => {
    deadlines.clear(other);
    deadlines.set(who("next"), 50);
  };
  deadlines.set({ expired: expiring }, 100);
  await clock.advance(500);
  expect(expired).toEqual(["next"]);
});

test("10,000 deadlines that are kept cost a few timers", async () => {
  const { clock, deadlines, expired, who, timers } = start();
  for (let i = 0; i < 10_000; i++) {
    const one = who("never");
    deadlines.set(one, 60_000);
    if (i % 100 === 0) await clock.advance(1);
    deadlines.set(one, 5_000_000);
  }
  expect(expired).toEqual([]);
  expect(timers()).toBeLessThan(5);
});
