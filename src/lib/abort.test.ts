import { describe, expect, test } from "bun:test";
import { FakeClock } from "../../test/fakes/clock.ts";
import { TooLate, untilAborted, within } from "./abort.ts";

const endless = () => new Promise<never>(() => {});

describe("untilAborted", () => {
  test("what the work gives or throws, when that comes first", async () => {
    const { signal } = new AbortController();
    expect(await untilAborted(Promise.resolve(1), signal)).toBe(1);
    await expect(untilAborted(Promise.reject(new Error("failed")), signal)).rejects.toThrow("failed");
  });

  test("the signal's reason, when that comes first or was there before", async () => {
    const controller = new AbortController();
    const waiting = untilAborted(endless(), controller.signal);
    controller.abort(new Error("over"));
    await expect(waiting).rejects.toThrow("over");
    await expect(untilAborted(endless(), controller.signal)).rejects.toThrow("over");
  });
});

describe("within", () => {
  test("what the work gives or throws in time; nothing is left of the limit then", async () => {
    const clock = new FakeClock();
    const { signal } = new AbortController();
    let heard: AbortSignal | undefined;
    const work = async (given: AbortSignal) => {
      heard = given;
      return 1;
    };
    expect(await within(1000, clock, signal, work)).toBe(1);
    await expect(within(1000, clock, signal, () => Promise.reject(new Error("failed")))).rejects.toThrow("failed");
    await clock.advance(1000);
    expect(heard?.aborted).toBe(false);
  });

  test("TooLate after that time, or the signal's reason before: the work hears of it, and is not waited for", async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const heard: AbortSignal[] = [];
    const work = (given: AbortSignal) => {
      heard.push(given);
      return endless();
    };
    const late = within(5000, clock, controller.signal, work).catch((error: unknown) => error);
    await clock.advance(4999);
    expect(heard[0]?.aborted).toBe(false);
    await clock.advance(1);
    expect(await late).toBeInstanceOf(TooLate);
    expect(await late).toMatchObject({ message: "no answer within 5 s" });
    const over = within(5000, clock, controller.signal, work).catch((error: unknown) => error);
    controller.abort(new Error("over"));
    expect(await over).toMatchObject({ message: "over" });
    expect(heard.map(({ aborted }) => aborted)).toEqual([true, true]);
  });
});
