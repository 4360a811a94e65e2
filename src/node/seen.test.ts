// What the node's own checks find, each well and not; and of which challenges an alert tells at once.
import { beforeEach, describe, expect, test } from "bun:test";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { FakeNetworkState } from "../../test/fakes/network-state.ts";
import type { EndedChallenge } from "../core/activity.ts";
import type { ChallengeSource } from "../core/challenge.ts";
import type { Available } from "../update/watch.ts";
import { LastChallenges } from "./activity/last-challenges.ts";
import { Lately } from "./activity/lately.ts";
import { SEEN_CHECKS } from "./checks/seen.ts";
import { openSeen } from "./seen.ts";

const MINUTE = 60_000;
const { signal } = new AbortController();

let clock: FakeClock;
let lately: Lately;
let world: { deaths: number; reloadError: string | undefined; release: Available | undefined };
let state: FakeNetworkState;
let told: string[];
let seen: ReturnType<typeof openSeen>;
beforeEach(() => {
  clock = new FakeClock();
  lately = new Lately(clock);
  world = { deaths: 0, reloadError: undefined, release: undefined };
  told = [];
  state = new FakeNetworkState(clock);
  begin();
});

/** A node on that home, as it starts. */
function begin(): void {
  seen = openSeen({
    ...{ lately, last: new LastChallenges({ state, clock, log: new FakeLog() }) },
    happened: ({ id, severity, message }) => told.push(`${severity} ${id}: ${message}`),
    workers: { died: () => world.deaths },
    reload: () => ({ loadedAt: 0, lastError: world.reloadError, restartPending: [] }),
    releases: () => world.release,
  });
}

async function ask(id: string) {
  const { state, message } = await (SEEN_CHECKS.find((one) => one.id === id) ?? expect.unreachable()).run(seen, signal);
  return [state, message];
}

describe("challenge.answered", () => {
  const challenge = (
    type: string,
    outcome: EndedChallenge["outcome"],
    error: string | null = null,
    source: ChallengeSource = "scheduler",
  ) => seen.challengeEnded({ type, outcome, source, error, durationMs: 5 });

  test("last challenge passed? Of each kind the last one counts; one that was itself at fault does not", async () => {
    expect(await ask("challenge.answered")).toEqual(["skip", "none came in the last 7 days"]);
    challenge("IDENTITY", "refused", "no signature");
    expect((await ask("challenge.answered"))[0]).toBe("skip");
    challenge("IDENTITY", "ok");
    await clock.advance(2 * MINUTE);
    challenge("MATRIX", "failed", "the GPU has no memory left");
    await clock.advance(MINUTE);
    challenge("IDENTITY", "ok");
    expect(await ask("challenge.answered")).toEqual(["fail", "MATRIX failed 1m ago: the GPU has no memory left"]);
    challenge("MATRIX", "refused", "too large");
    expect((await ask("challenge.answered"))[0]).toBe("fail");
    challenge("MATRIX", "ok");
    expect(await ask("challenge.answered")).toEqual(["ok", "IDENTITY 0s ago, MATRIX 0s ago"]);
  });

  test("a rehearsal says nothing, failed or passed, and no alert tells of it", async () => {
    challenge("MATRIX", "failed", "no GPU", "rehearsal");
    expect((await ask("challenge.answered"))[0]).toBe("skip");
    challenge("MATRIX", "failed", "no GPU");
    challenge("MATRIX", "ok", null, "rehearsal");
    expect(await ask("challenge.answered")).toEqual(["fail", "MATRIX failed 0s ago: no GPU"]);
    expect(told).toEqual(["critical challenge.answered: MATRIX failed: no GPU"]);
  });

  test("after a restart the last ones are known, and said to be of before; after a week they say nothing", async () => {
    challenge("MATRIX", "failed", "no GPU");
    await clock.advance(MINUTE);
    begin();
    expect(await ask("challenge.answered")).toEqual(["fail", "MATRIX failed 1m ago, before this start: no GPU"]);
    challenge("IDENTITY", "ok");
    expect(await ask("challenge.answered")).toEqual(["fail", "MATRIX failed 1m ago, before this start: no GPU"]);
    await clock.advance(MINUTE);
    challenge("MATRIX", "ok");
    expect(await ask("challenge.answered")).toEqual(["ok", "MATRIX 0s ago, IDENTITY 1m ago"]);
    clock.jump(8 * 24 * 60 * MINUTE);
    expect((await ask("challenge.answered"))[0]).toBe("skip");
    begin();
    expect(state.all("last")).toEqual([]);
  });

  test("a home that cannot be written fails no challenge: it is said in the log", () => {
    const log = new FakeLog();
    const full = new FakeNetworkState(clock);
    full.set = () => {
      throw new Error("the disk is full");
    };
    const last = new LastChallenges({ state: full, clock, log });
    last.add({ type: "MATRIX", outcome: "ok", source: "scheduler", error: null, durationMs: 5 });
    expect(JSON.stringify(log.lines)).toContain("the disk is full");
  });

  test("a failure is told at once, with what failed, though the next is answered", async () => {
    challenge("MATRIX", "refused", "too large");
    challenge("MATRIX", "failed", "MATRIX took longer than 5 ms");
    challenge("MATRIX", "ok");
    expect(told).toEqual(["critical challenge.answered: MATRIX failed: MATRIX took longer than 5 ms"]);
  });

  test("where nobody challenges the node there is nothing to answer", () => {
    const none = {
      lately,
      last: undefined,
      happened() {},
      workers: undefined,
      releases: () => undefined,
    };
    const alone = openSeen({ ...none, reload: () => ({ loadedAt: 0, lastError: undefined, restartPending: [] }) });
    expect([alone.challenges(), alone.died(MINUTE)]).toEqual([[], 0]);
  });
});

describe("auth rejects jump (split replay / window / unknown caller)", () => {
  const refused = async (minutes: number, reason: string, count: number) => {
    for (let i = 0; i < minutes; i++) {
      await clock.advance(MINUTE);
      lately.add([{ [reason]: count }], new Map());
    }
  };

  test.each([
    ["callers.replays", "nonce_replayed", "600 repeated requests were refused in ten minutes; 10.0 are usual"],
    [
      "callers.times",
      "timestamp_too_old",
      "600 requests for their signed time were refused in ten minutes; 10.0 are usual",
    ],
    [
      "callers.times",
      "timestamp_in_future",
      "600 requests for their signed time were refused in ten minutes; 10.0 are usual",
    ],
    [
      "callers.unknown",
      "caller_not_authorized",
      "600 callers that it does not know were refused in ten minutes; 10.0 are usual",
    ],
  ])("%s: %s", async (id, reason, message) => {
    await refused(120, reason, 1);
    expect((await ask(id))[0]).toBe("ok");
    await refused(10, reason, 60);
    expect(await ask(id)).toEqual(["warn", message]);
    const others = ["callers.replays", "callers.times", "callers.unknown"].filter((other) => other !== id);
    for (const other of others) expect((await ask(other))[0]).toBe("ok");
  });

  test("too early to know what is usual: what happens every day is no alarm after a start, and noise is none", async () => {
    await refused(30, "nonce_replayed", 60);
    expect(await ask("callers.replays")).toEqual([
      ...["skip", "600 repeated requests were refused in ten minutes; it is too early to know what is usual"],
    ]);
    expect((await ask("callers.times"))[0]).toBe("ok");
    await refused(30, "nonce_replayed", 60);
    expect((await ask("callers.replays"))[0]).toBe("ok");
  });

  test("noise is none, nor is what happens every day", async () => {
    await refused(10, "nonce_replayed", 5);
    expect((await ask("callers.replays"))[0]).toBe("ok");
    await refused(12 * 60, "nonce_replayed", 60);
    expect((await ask("callers.replays"))[0]).toBe("ok");
  });
});

test("tokens.first: slow first tokens", async () => {
  const took = (bounds: readonly [number, number][]) => lately.add([], new Map(bounds));
  expect(await ask("tokens.first")).toEqual(["skip", "nobody asked for a stream in the last ten minutes"]);
  took([
    [1, 100],
    [20, 100],
  ]);
  expect((await ask("tokens.first"))[0]).toBe("ok");
  await clock.advance(11 * MINUTE);
  took([
    [10, 0],
    [20, 100],
  ]);
  expect(await ask("tokens.first")).toEqual(["warn", "95 of 100 came within 19.5 s"]);
});

test("tokens.first: one slow stream on a quiet node is no alarm, and of few nobody says what 95 of 100 do", async () => {
  const slow = (count: number) =>
    lately.add(
      [],
      new Map([
        [10, 0],
        [30, count],
        [Number.POSITIVE_INFINITY, count],
      ]),
    );
  slow(1);
  expect(await ask("tokens.first")).toEqual(["skip", "1 came in the last ten minutes, too few to judge by"]);
  slow(18);
  expect(await ask("tokens.first")).toEqual(["skip", "19 came in the last ten minutes, too few to judge by"]);
  slow(1);
  expect((await ask("tokens.first"))[0]).toBe("warn");
});

test("node.workers: one that dies is replaced; several in a quarter of an hour are told", async () => {
  world.deaths = 2;
  expect(await ask("node.workers")).toEqual(["ok", "2 of them died in the last 15m"]);
  world.deaths = 3;
  expect(await ask("node.workers")).toEqual(["warn", "3 of them died in the last 15m"]);
});

test("config.reload: a refused reload, in its own words", async () => {
  expect((await ask("config.reload"))[0]).toBe("ok");
  world.reloadError = "config.yaml is not there any more";
  expect(await ask("config.reload")).toEqual(["warn", "config.yaml is not there any more"]);
});

test("node.update: update available with a security flag; without one it is only mentioned", async () => {
  expect(await ask("node.update")).toEqual(["ok", "nothing newer is known"]);
  world.release = { version: "1.2.3", security: false };
  expect(await ask("node.update")).toEqual(["ok", "1.2.3 is there, which mends no hole: fxn update"]);
  world.release = { version: "1.2.3", security: true };
  expect(await ask("node.update")).toEqual(["warn", "1.2.3 mends a hole that this node has"]);
});
