// A peer's rate, its ban and their end, on a clock that stands still.
import { expect, test } from "bun:test";
import { FakeClock } from "../../../../test/fakes/clock.ts";
import { Conduct } from "./conduct.ts";

const allowed = (conduct: Conduct, peer: string, frames: number) =>
  Array.from({ length: frames }, () => conduct.allows(peer)).filter(Boolean).length;

test("a peer has a burst, then its rate, and takes nothing from another", async () => {
  const clock = new FakeClock();
  const conduct = new Conduct(clock);
  expect(allowed(conduct, "a", 150)).toBe(120);
  expect(allowed(conduct, "b", 1)).toBe(1);
  await clock.advance(1000);
  expect(allowed(conduct, "a", 100)).toBe(20);
  expect(conduct.banned("a")).toBeFalse();
});

test("a flood is banned for ten minutes", async () => {
  const clock = new FakeClock();
  const conduct = new Conduct(clock);
  allowed(conduct, "a", 400);
  expect(conduct.banned("a")).toBeTrue();
  await clock.advance(599_999);
  expect(conduct.allows("a")).toBeFalse();
  await clock.advance(1);
  expect(conduct.allows("a")).toBeTrue();
});

test("peers without end do not fill the memory; the oldest is forgotten", () => {
  const conduct = new Conduct(new FakeClock());
  conduct.ban("first");
  for (let i = 0; i < 4095; i++) conduct.allows(`peer ${i}`);
  expect(conduct.banned("first")).toBeTrue();
  conduct.allows("one more");
  expect(conduct.banned("first")).toBeFalse();
});

test("bytes have a rate of their own", async () => {
  const clock = new FakeClock();
  const conduct = new Conduct(clock);
  expect(conduct.allowsBytes("a", 256 * 1024)).toBeTrue();
  expect(conduct.allowsBytes("a", 1)).toBeFalse();
  await clock.advance(1000);
  expect(conduct.allowsBytes("a", 16_000)).toBeTrue();
});
