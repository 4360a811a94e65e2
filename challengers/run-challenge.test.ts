import { describe, expect, test } from "bun:test";
import { Registry } from "prom-client";
import { z } from "zod";
import { untilAborted } from "../src/lib/abort.ts";
import { openChallenges, refusalOf } from "../test/fakes/challenges.ts";
import { FakeClock } from "../test/fakes/clock.ts";
import { FakeLog } from "../test/fakes/log.ts";
import type { Challenger } from "./challenger.ts";
import { CHALLENGERS } from "./index.ts";

const signal = new AbortController().signal;

describe("running a challenge", () => {
  const slow: Challenger<unknown, unknown> = {
    type: "SLOW",
    summary: "",
    input: z.strictObject({ size: z.int().max(8) }),
    limits: { timeoutMs: 1000, concurrent: 1, bodyBytes: 1000 },
    run: () => new Promise(() => {}),
  };

  test("an unknown type is 400 and says which are known", async () => {
    expect(await refusalOf(openChallenges(CHALLENGERS).run("NOPE", {}, signal))).toBe(
      "400 challenge_unknown: unknown challenge type; this node answers IDENTITY, ENDPOINT_REACHABLE, MATRIX_MULTIPLICATION, MATRIX_PROOF, MATRIX_PROOF_OPEN",
    );
  });

  test("a payload at fault is 400 and says which field", async () => {
    expect(await refusalOf(openChallenges([slow]).run("SLOW", { size: 9 }, signal))).toStartWith(
      "400 challenge_payload: payload.size: ",
    );
  });

  test("a busy challenger is 429 with Retry-After, and free again after its time limit", async () => {
    const clock = new FakeClock();
    const port = openChallenges([slow], { clock });
    const first = refusalOf(port.run("SLOW", { size: 1 }, signal));
    expect(await refusalOf(port.run("SLOW", { size: 1 }, signal))).toStartWith("429 challenge_busy");
    await clock.advance(1000);
    expect(await first).toBe("500 challenge_timeout: SLOW took longer than 1000 ms");
    const third = refusalOf(port.run("SLOW", { size: 1 }, signal));
    await clock.advance(1000);
    expect(await third).toStartWith("500 challenge_timeout");
  });

  test("a caller that goes away is no failure of the node", async () => {
    const log = new FakeLog();
    const gone = new AbortController();
    const waits: typeof slow = {
      ...slow,
      input: z.unknown(),
      run: (_input, _context, ends) => untilAborted(new Promise(() => {}), ends),
    };
    const refused = refusalOf(openChallenges([waits], { log }).run("SLOW", 1, gone.signal));
    gone.abort();
    expect(await refused).toStartWith("499 client_closed_request: ");
    expect(log.lines).toEqual([]);
  });

  test("how each has ended is told, in words fit to be shown", async () => {
    const told: object[] = [];
    const clock = new FakeClock();
    const works = { ...slow, type: "WORKS", input: z.unknown(), run: async () => 1 };
    const broken = { ...works, type: "BROKEN", run: () => Promise.reject(new Error("\u001b[31mno device")) };
    const port = openChallenges([slow, works, broken], { clock, onEnd: (record) => told.push(record) });
    await port.run("WORKS", 1, signal);
    await refusalOf(port.run("SLOW", { size: 9 }, signal));
    await refusalOf(port.run("BROKEN", 1, signal));
    await refusalOf(port.run("\u001b]0;x", 1, signal));
    const late = refusalOf(port.run("SLOW", { size: 1 }, signal));
    await clock.advance(1000);
    await late;
    expect(told).toMatchObject([
      { type: "WORKS", outcome: "ok", durationMs: 0, error: null },
      { type: "SLOW", outcome: "refused", error: expect.stringContaining("payload.size") },
      { type: "BROKEN", outcome: "failed", error: "[31mno device" },
      { type: "unknown", outcome: "refused", error: expect.stringContaining("this node answers SLOW") },
      { type: "SLOW", outcome: "failed", durationMs: 1000, error: "SLOW took longer than 1000 ms" },
    ]);
  });

  test("who asked is counted beside how it ended, and told", async () => {
    const told: string[] = [];
    const register = new Registry();
    const works = { ...slow, input: z.unknown(), run: async () => 1 };
    const port = openChallenges([works], { register, onEnd: ({ type, source }) => told.push(`${type} by ${source}`) });
    const body = new TextEncoder().encode(JSON.stringify({ type: "SLOW", payload: 1 }));
    await port.answer(body, signal);
    await port.answer(body, signal, "rehearsal");
    await refusalOf(port.answer(new TextEncoder().encode('{"type":"OTHER","payload":1}'), signal, "rehearsal"));
    expect(told).toEqual(["SLOW by scheduler", "SLOW by rehearsal", "unknown by rehearsal"]);
    const text = await register.metrics();
    expect(text.match(/^fxn_challenge_.*_?total.*$/gm)).toEqual([
      'fxn_challenge_total{type="SLOW",outcome="ok"} 1',
      'fxn_challenge_rehearsals_total{type="SLOW",outcome="ok"} 1',
      'fxn_challenge_rehearsals_total{type="unknown",outcome="refused"} 1',
    ]);
  });

  test("what a challenger throws is 500 and not shown to the caller", async () => {
    const broken = { ...slow, input: z.unknown(), run: () => Promise.reject(new Error("secret path")) };
    expect(await refusalOf(openChallenges([broken]).run("SLOW", 1, signal))).toBe("500 challenge_failed: SLOW failed");
  });
});
