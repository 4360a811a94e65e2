import { describe, expect, test } from "bun:test";
import { untilAborted } from "./abort.ts";

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
