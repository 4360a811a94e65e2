import { describe, expect, test } from "bun:test";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { type Check, type CheckAnswer, fail, ok, skip, warn } from "../../core/check.ts";
import { FxnError } from "../../core/errors.ts";
import { LIMIT_MS, runChecks } from "./run.ts";

const check = (id: string, answer: CheckAnswer | (() => Promise<CheckAnswer>), after: string[] = []): Check => ({
  ...{ id, title: id, after },
  run: async () => (typeof answer === "function" ? answer() : answer),
});
const { signal } = new AbortController();
const found = async (...checks: Check[]) =>
  (await runChecks(checks, new FakeClock(), signal)).map(({ id, state, message }) => [id, state, message]);

describe("running checks", () => {
  test("each is asked once and answered in its place, whatever it waits for", async () => {
    let asked = 0;
    const last = check("a.last", async () => ok(`${++asked}`));
    expect(await found(check("a.first", ok("1"), ["a.last"]), check("a.second", ok("2"), ["a.last"]), last)).toEqual([
      ["a.first", "ok", "1"],
      ["a.second", "ok", "2"],
      ["a.last", "ok", "1"],
    ]);
  });

  test("what a red explains is not asked, and neither is what that would explain", async () => {
    const never = async () => expect.unreachable();
    expect(
      await found(
        check("a", fail("broken", "mend")),
        check("b", never, ["a"]),
        check("c", never, ["b"]),
        check("d", ok("")),
      ),
    ).toEqual([
      ["a", "fail", "broken"],
      ["b", "skip", "not asked, since a is red"],
      ["c", "skip", "not asked, since a is red"],
      ["d", "ok", ""],
    ]);
  });

  test("yellow, and what cannot be asked, explain nothing; nor does what is not there", async () => {
    const after = ["yellow", "unasked", "nowhere"];
    expect(
      await found(check("yellow", warn("w", "h")), check("unasked", skip("s")), check("b", ok("fine"), after)),
    ).toContainEqual(["b", "ok", "fine"]);
  });

  test("what it throws is red, with its hint; what it quotes cannot write to the terminal", async () => {
    const error = new FxnError("x", 500, "no\u001b[2J\nway", { hint: "try\u0007this" });
    const [thrown] = await runChecks([check("a", () => Promise.reject(error))], new FakeClock(), signal);
    expect(thrown).toEqual({ id: "a", title: "a", state: "fail", message: "no [2J way", hint: "try this" });
    const [long] = await runChecks([check("a", ok("x".repeat(100_000)))], new FakeClock(), signal);
    expect(long?.message.length).toBeLessThan(600);
  });

  test("what is not well has a hint in any case", async () => {
    const checks = [
      check("a.b", { state: "fail", message: "m" }),
      check("c", { state: "warn", message: "m", hint: "" }),
    ];
    const hints = (await runChecks(checks, new FakeClock(), signal)).map(({ hint }) => hint);
    expect(hints).toEqual(["What it looks at: fxn doctor --explain a.b", "What it looks at: fxn doctor --explain c"]);
  });

  test("one that hangs is red after its time, and keeps no other", async () => {
    const clock = new FakeClock();
    let heard: AbortSignal | undefined;
    const hangs: Check = { id: "hangs", title: "", run: (given) => new Promise(() => (heard = given)) };
    const running = runChecks([hangs, check("quick", ok("1"))], clock, signal);
    await clock.advance(0);
    await clock.advance(LIMIT_MS - 1);
    expect(heard?.aborted).toBe(false);
    await clock.advance(1);
    expect((await running).map(({ state, message }) => [state, message])).toEqual([
      ["fail", "no answer within 10 s"],
      ["ok", "1"],
    ]);
    expect(heard?.aborted).toBe(true);
  });
});
