import { afterEach, describe, expect, test } from "bun:test";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { parseAddress } from "../core/address.ts";
import type { Registry } from "../core/registry.ts";
import { RehearsalListener } from "./rehearsal-listener.ts";

const address = (digit: string) => {
  const parsed = parseAddress(`0x${digit.repeat(40)}`);
  if (!parsed) throw new Error("no address");
  return parsed;
};

const opened: RehearsalListener[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

function openListener() {
  const clock = new FakeClock();
  const known: Registry<unknown>[] = [];
  const listener = new RehearsalListener({
    appFor(scheduler) {
      known.push(scheduler);
      return async () => new Response("here");
    },
    clock,
    log: new FakeLog(),
  });
  opened.push(listener);
  return { clock, known, listener };
}

const answers = (port: number) =>
  fetch(`http://127.0.0.1:${port}/`).then(
    () => true,
    () => false,
  );

describe("the listener of a rehearsal", () => {
  test("knows the one key that it was opened for, and no other", async () => {
    const { known, listener } = openListener();
    await listener.open(address("a"));
    expect(known.map((one) => [one.get(address("a")), one.get(address("b")), one.state().stale])).toEqual([
      [{}, undefined, false],
    ]);
  });

  test("closes by itself after ten minutes: whoever opened it may be gone", async () => {
    const { clock, listener } = openListener();
    const { port, seconds } = await listener.open(address("a"));
    await clock.advance(seconds * 1000 - 1);
    expect(await answers(port)).toBeTrue();
    await clock.advance(1);
    expect(await answers(port)).toBeFalse();
  });

  test("a new one takes the place of the old one, and has its own time", async () => {
    const { clock, listener } = openListener();
    const first = await listener.open(address("a"));
    await clock.advance(500_000);
    const second = await listener.open(address("b"));
    expect([await answers(first.port), await answers(second.port)]).toEqual([false, true]);
    await clock.advance(500_000);
    expect(await answers(second.port)).toBeTrue();
    await listener.close();
    expect(await answers(second.port)).toBeFalse();
  });

  test("whose rehearsal has given way to another's does not close that one", async () => {
    const { listener } = openListener();
    await listener.open(address("a"));
    const second = await listener.open(address("b"));
    await listener.close(address("a"));
    expect(await answers(second.port)).toBeTrue();
    await listener.close(address("b"));
    expect(await answers(second.port)).toBeFalse();
  });

  test("opened twice at once: one is left, and closing closes it", async () => {
    const { listener } = openListener();
    const both = await Promise.all([listener.open(address("a")), listener.open(address("b"))]);
    const up = async () => (await Promise.all(both.map(({ port }) => answers(port)))).filter(Boolean).length;
    expect(await up()).toBe(1);
    await listener.close();
    expect(await up()).toBe(0);
  });
});
