import { beforeEach, describe, expect, test } from "bun:test";
import { z } from "zod";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { FakeLog } from "../../../test/fakes/log.ts";
import { FakeNetworkState } from "../../../test/fakes/network-state.ts";
import { FxnError } from "../../core/errors.ts";
import { storeUnavailable } from "../../store/errors.ts";
import type { JobKind, JobStep, StepName } from "./job.ts";
import { type JobLimits, JobPipeline } from "./pipeline.ts";
import { GRACE_MS } from "./try-step.ts";
import { back, end, next, wait } from "./verdicts.ts";

const facts = z.strictObject({ n: z.number() });
type Facts = z.output<typeof facts>;
type Run = JobStep<Facts>["run"];

const DAY_MS = 24 * 60 * 60 * 1000;
const done: Run = async () => end("settled", "paid");
const goesOn: Run = async ({ facts: own }) => next({ n: own.n + 1 });
/** Until it is told to stop. */
const hangs: Run = (_, signal) =>
  new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));

let clock: FakeClock;
let log: FakeLog;
let state: FakeNetworkState;
let budget: number;
let running: number[];
let calls: string[];
beforeEach(() => {
  clock = new FakeClock();
  log = new FakeLog();
  state = new FakeNetworkState(clock);
  budget = 100;
  running = [];
  calls = [];
});

/** Time goes by in pieces, so that what one timer sets off comes to rest before the next. */
async function pass(ms: number): Promise<void> {
  for (let n = 0; n < 5; n++) await clock.advance(0);
  const piece = Math.max(1, Math.floor(ms / 50));
  for (let left = ms; left > 0; left -= piece) await clock.advance(Math.min(piece, left));
  for (let n = 0; n < 5; n++) await clock.advance(0);
}

/** Steps by their names, in their order; each notes that it was run. */
function kindOf(steps: Partial<Record<StepName, Run>>, rest: Partial<JobStep<Facts>> = {}): JobKind<Facts> {
  const all = { match: undefined, claim: undefined, input: undefined, run: undefined, output: undefined, ...steps };
  const names = (["match", "claim", "input", "run", "output", "submit", "settle"] as const).filter((name) => all[name]);
  return {
    facts,
    modelOf: () => "tiny",
    steps: names.map((name) => ({
      name,
      holdsPlace: name !== "match" && name !== "settle",
      limitMs: 60_000,
      tries: 3,
      retryMs: 1000,
      ...rest,
      run: (job, signal) => {
        calls.push(`${name} ${job.id}`);
        return (all[name] ?? done)(job, signal);
      },
    })),
  };
}

function open(kind: JobKind<Facts>, limits: Partial<JobLimits> = {}) {
  const pipeline = new JobPipeline(
    kind,
    {
      network: "toy",
      state,
      clock,
      log,
      random: () => 0.5,
      metrics: { call() {}, work() {}, running: (count) => running.push(count) },
      admission: () => ({ places: budget, reason: undefined }),
    },
    { maxConcurrent: 2, dryRun: false, keepMs: 30 * DAY_MS, ...limits },
  );
  const stop = new AbortController();
  const ended = pipeline.run(stop.signal);
  return { pipeline, stop: () => stop.abort(), ended };
}

async function started(kind: JobKind<Facts>, limits: Partial<JobLimits> = {}) {
  const node = open(kind, limits);
  await pass(0);
  return node;
}

/** Ends as kill -9 would: what it still does reaches neither disk nor clock. */
async function crash(node: { stop(): void }) {
  const items = state.all("job").map(({ key, value }) => [key, value] as const);
  node.stop();
  await pass(GRACE_MS);
  for (const { key } of state.all("job")) state.remove("job", key);
  for (const [key, value] of items) state.set("job", key, value);
  state.set("job-run", "open", "");
}

const record = (pipeline: JobPipeline<Facts>, id: string) => pipeline.records().find((one) => one.id === id);

describe("the way of a job", () => {
  test("step by step to its end, and then it stays known", async () => {
    const { pipeline } = await started(kindOf({ match: goesOn, claim: goesOn, run: goesOn, settle: done }));
    expect(pipeline.offer("a", { n: 1 })).toBe("taken");
    expect(pipeline.offer("a", { n: 1 })).toBe("known");
    await pass(1);
    expect(calls).toEqual(["match a", "claim a", "run a", "settle a"]);
    expect(log.lines.map(({ message }) => message)).toEqual([
      "a job was taken",
      "a job was claimed",
      "a job has ended",
    ]);
    expect(record(pipeline, "a")).toMatchObject({ step: "ended", outcome: "settled", reason: "paid", model: "tiny" });
    expect(pipeline.offer("a", { n: 1 })).toBe("known");
    expect(state.get("job", "a")?.value).not.toContain("facts");
  });

  test("who waits for what is in nobody's hands gives others its place, says why, and goes on before those who come later", async () => {
    let paused = true;
    const submit: Run = async () => (paused ? wait(1000, "paused", true) : end("settled", "paid"));
    const run: Run = async (job, signal) => (job.id === "b" && paused ? hangs(job, signal) : next(job.facts));
    const { pipeline } = await started(kindOf({ claim: goesOn, run, submit }), { maxConcurrent: 1 });
    pipeline.offer("a", { n: 1 });
    await pass(10);
    expect(record(pipeline, "a")).toMatchObject({ step: "submit", reason: "submit: paused", tries: 0 });
    expect(pipeline.places).toBe(1);
    expect(pipeline.offer("b", { n: 1 })).toBe("taken");
    await pass(5000);
    expect(record(pipeline, "b")?.step).toBe("run");
    // It waits for its place now, in front of others.
    expect(pipeline.places).toBe(0);
    expect(log.lines.filter(({ message }) => message === "a job is held up")).toHaveLength(1);
    paused = false;
    await pass(200_000);
    expect(record(pipeline, "a")).toMatchObject({ step: "ended", outcome: "settled" });
  });

  test("wait is no failure, and has no end", async () => {
    const { pipeline } = await started(kindOf({ settle: async () => wait(1000) }));
    pipeline.offer("a", { n: 1 });
    await pass(10_000);
    expect(calls).toHaveLength(11);
    expect(record(pipeline, "a")).toMatchObject({ step: "settle", tries: 0 });
  });

  test("back makes it again, and not for ever", async () => {
    const { pipeline } = await started(kindOf({ output: goesOn, submit: async () => back("output") }));
    pipeline.offer("a", { n: 1 });
    await pass(1);
    expect(calls.filter((call) => call === "output a")).toHaveLength(6);
    expect(record(pipeline, "a")).toMatchObject({ outcome: "failed", reason: "submit: went back 5 times" });
  });

  test("what was claimed does not go back to its claim", async () => {
    const { pipeline } = await started(kindOf({ claim: goesOn, run: async () => back("claim") }));
    pipeline.offer("a", { n: 1 });
    await pass(1);
    expect(record(pipeline, "a")).toMatchObject({ outcome: "failed", reason: "run: cannot go back to claim" });
    expect(calls).toEqual(["claim a", "run a"]);
  });

  test("facts that would not come back from the disk end the job before they are believed", async () => {
    const { pipeline } = await started(kindOf({ run: async () => next({ n: Number.NaN }), settle: done }));
    pipeline.offer("a", { n: 1 });
    await pass(1);
    expect(record(pipeline, "a")).toMatchObject({ outcome: "failed", step: "ended" });
    expect(calls).toEqual(["run a"]);
  });
});

describe("failures", () => {
  const breaks: Run = async () => {
    throw new FxnError("rpc", 503, "the endpoint\n\u001b[31mfailed");
  };

  test("waits double, then it is given up, with a reason fit to be shown", async () => {
    const { pipeline } = await started(kindOf({ claim: breaks }));
    pipeline.offer("a", { n: 1 });
    await pass(999);
    expect(calls).toHaveLength(1);
    await pass(1);
    expect(calls).toHaveLength(2);
    await pass(1999);
    expect(calls).toHaveLength(2);
    expect(record(pipeline, "a")).toMatchObject({ step: "claim", tries: 2 });
    await pass(1);
    expect(calls).toHaveLength(3);
    expect(record(pipeline, "a")).toMatchObject({ outcome: "failed", reason: "claim: the endpoint [31mfailed" });
  });

  test("tries are counted beyond a restart", async () => {
    const node = await started(kindOf({ claim: breaks }));
    node.pipeline.offer("a", { n: 1 });
    await pass(1000);
    node.stop();
    await pass(0);
    await node.ended;
    const { pipeline } = await started(kindOf({ claim: breaks }));
    expect(calls).toHaveLength(3);
    expect(record(pipeline, "a")?.outcome).toBe("failed");
  });

  test("only what is meant to be shown is shown: an error that quotes the prompt is not", async () => {
    const leaks: Run = async () => {
      throw new Error("canary in the prompt");
    };
    const { pipeline } = await started(kindOf({ run: leaks }));
    pipeline.offer("a", { n: 1 });
    await pass(10_000);
    expect(record(pipeline, "a")).toMatchObject({ outcome: "failed", reason: "run: unexpected Error" });
    expect(JSON.stringify(log.lines)).not.toContain("canary");
  });

  test("a job with which the node goes down again and again is given up", async () => {
    const kind = kindOf({ run: hangs });
    let node = await started(kind);
    node.pipeline.offer("a", { n: 1 });
    await pass(1);
    for (let n = 0; n < 11; n++) {
      expect(record(node.pipeline, "a")?.outcome).toBeUndefined();
      await crash(node);
      node = await started(kind);
    }
    expect(record(node.pipeline, "a")).toMatchObject({
      outcome: "failed",
      reason: "run: the node went down 11 times during it",
    });
  });

  test("restarts in good order are not counted", async () => {
    const kind = kindOf({ run: hangs });
    let node = await started(kind);
    node.pipeline.offer("a", { n: 1 });
    for (let n = 0; n < 20; n++) {
      await pass(1);
      node.stop();
      await node.ended;
      node = await started(kind);
    }
    expect(record(node.pipeline, "a")).toMatchObject({ step: "run", tries: 0 });
  });
});

describe("limits of a step", () => {
  test("a step that takes too long is told to stop, and tried again", async () => {
    const { pipeline } = await started(kindOf({ run: hangs }));
    pipeline.offer("a", { n: 1 });
    await pass(61_001);
    expect(calls).toHaveLength(2);
    expect(record(pipeline, "a")?.reason).toBe("run: run took longer than 60000 ms");
  });

  test("one that does not stop holds nobody up, and is not run a second time beside itself", async () => {
    const late = Promise.withResolvers<void>();
    const deaf: Run = async ({ id, facts: own }) => {
      if (id === "deaf") await late.promise;
      return next(own);
    };
    const { pipeline } = await started(kindOf({ run: deaf, settle: done }), { maxConcurrent: 1 });
    pipeline.offer("deaf", { n: 1 });
    expect(pipeline.offer("b", { n: 1 })).toBe("full");
    await pass(60_000 + GRACE_MS);
    expect(pipeline.offer("b", { n: 1 })).toBe("taken");
    await pass(600_000);
    expect(record(pipeline, "b")?.outcome).toBe("settled");
    expect(calls).toEqual(["run deaf", "run b", "settle b"]);
    expect(log.lines.some(({ message }) => message.includes("does not stop"))).toBeTrue();
    late.resolve();
    await pass(1);
    expect(record(pipeline, "deaf")?.outcome).toBe("settled");
    expect(calls).toHaveLength(4);
  });

  test("a node that stops does not wait for it for ever, and what it answers then reaches no disk", async () => {
    const late = Promise.withResolvers<void>();
    const deaf: Run = async ({ facts: own }) => {
      await late.promise;
      return next(own);
    };
    const node = await started(kindOf({ run: deaf, settle: done }));
    node.pipeline.offer("a", { n: 1 });
    await pass(1);
    node.stop();
    await pass(GRACE_MS);
    await node.ended;
    const before = state.get("job", "a");
    late.resolve();
    await pass(60_000);
    expect(state.get("job", "a")).toEqual(before);
  });
});

describe("places", () => {
  test("no more than are allowed, by the network's own limit and by the budget", async () => {
    const { pipeline } = await started(kindOf({ claim: hangs }));
    expect(pipeline.places).toBe(2);
    expect(["a", "b", "c"].map((id) => pipeline.offer(id, { n: 1 }))).toEqual(["taken", "taken", "full"]);
    budget = 2;
    const other = await started(kindOf({ claim: hangs }), { maxConcurrent: 9 });
    expect(other.pipeline.places).toBe(0);
  });

  test("the budget does not see jobs that have not begun to run: they are counted", async () => {
    budget = 2;
    const { pipeline } = await started(kindOf({ match: goesOn, claim: hangs }), { maxConcurrent: 9 });
    pipeline.offer("a", { n: 1 });
    expect(pipeline.places).toBe(1);
    pipeline.offer("b", { n: 1 });
    expect(pipeline.offer("c", { n: 1 })).toBe("full");
  });

  test("waiting for a settlement has none", async () => {
    const { pipeline } = await started(kindOf({ run: goesOn, settle: async () => wait(1000) }), { maxConcurrent: 1 });
    pipeline.offer("a", { n: 1 });
    await pass(1);
    expect(pipeline.offer("b", { n: 1 })).toBe("taken");
    expect(running.at(-1)).toBeLessThanOrEqual(1);
  });

  test("nothing is claimed while the budget has no place, and it is as soon as it has", async () => {
    const { pipeline } = await started(kindOf({ match: goesOn, claim: goesOn, settle: done }));
    pipeline.offer("a", { n: 1 });
    budget = 0;
    await pass(30_000);
    expect(calls).toEqual(["match a"]);
    budget = 1;
    await pass(1000);
    expect(record(pipeline, "a")?.outcome).toBe("settled");
  });

  test("started again with fewer: what is claimed goes on all the same, what is not waits, and nothing is stuck", async () => {
    const more = await started(kindOf({ run: hangs }), { maxConcurrent: 3 });
    for (const id of ["a", "b", "c"]) more.pipeline.offer(id, { n: 1 });
    await pass(1);
    more.stop();
    await more.ended;
    calls = [];
    const release = Promise.withResolvers<void>();
    const held: Run = async ({ facts: own }) => {
      await release.promise;
      return next(own);
    };
    const { pipeline } = await started(kindOf({ match: goesOn, claim: goesOn, run: held, settle: done }), {
      maxConcurrent: 1,
    });
    expect(calls).toEqual(["run a", "run b", "run c"]);
    expect(pipeline.offer("d", { n: 1 })).toBe("full");
    release.resolve();
    await pass(1);
    expect(pipeline.offer("d", { n: 1 })).toBe("taken");
    await pass(1);
    expect(pipeline.records().map(({ outcome }) => outcome)).toEqual(["settled", "settled", "settled", "settled"]);
  });
});

describe("dry run", () => {
  test("matches, says what it would claim, and claims nothing", async () => {
    const { pipeline } = await started(kindOf({ match: goesOn, claim: goesOn, settle: done }), { dryRun: true });
    pipeline.offer("a", { n: 1 });
    await pass(1);
    expect(calls).toEqual(["match a"]);
    expect(record(pipeline, "a")).toMatchObject({ outcome: "declined", reason: "dry run" });
    expect(log.lines).toContainEqual({
      level: "info",
      fields: { network: "toy", job: "a", model: "tiny" },
      message: "dry run: this job would be claimed",
    });
  });

  test("claims nothing where there is no match either", async () => {
    const { pipeline } = await started(kindOf({ claim: goesOn, settle: done }), { dryRun: true });
    pipeline.offer("a", { n: 1 });
    await pass(1);
    expect(calls).toEqual([]);
    expect(record(pipeline, "a")?.outcome).toBe("declined");
  });

  test("what it declined is looked at anew by the next run, and only by that", async () => {
    const kind = kindOf({ match: goesOn, claim: goesOn, settle: done });
    const node = await started(kind, { dryRun: true });
    node.pipeline.offer("a", { n: 1 });
    await pass(1);
    expect(node.pipeline.offer("a", { n: 1 })).toBe("known");
    node.stop();
    await node.ended;
    const { pipeline } = await started(kind);
    expect(record(pipeline, "a")?.outcome).toBe("declined");
    expect(pipeline.offer("a", { n: 1 })).toBe("taken");
    await pass(1);
    expect(pipeline.records()).toHaveLength(1);
    expect(record(pipeline, "a")?.outcome).toBe("settled");
    expect(pipeline.offer("a", { n: 1 })).toBe("known");
  });

  test("what it declined is taken by the same run when it is offered anew; what was paid is not", async () => {
    const verdicts: Run[] = [async () => end("declined", "not now"), goesOn];
    const kind = kindOf({ match: (job, signal) => (verdicts.shift() ?? goesOn)(job, signal), settle: done });
    const { pipeline } = await started(kind);
    pipeline.offer("a", { n: 1 });
    await pass(1);
    expect(pipeline.offer("a", { n: 1 })).toBe("known");
    expect(pipeline.offer("a", { n: 1 }, true)).toBe("taken");
    await pass(1);
    expect(record(pipeline, "a")?.outcome).toBe("settled");
    expect(pipeline.offer("a", { n: 1 }, true)).toBe("known");
  });

  test("what was claimed before is brought to its end", async () => {
    const node = await started(kindOf({ claim: hangs }));
    node.pipeline.offer("a", { n: 1 });
    await pass(1);
    node.stop();
    await node.ended;
    const { pipeline } = await started(kindOf({ claim: goesOn, settle: done }), { dryRun: true });
    expect(record(pipeline, "a")?.outcome).toBe("settled");
  });
});

describe("the end of a run", () => {
  test("abort leaves jobs where they are, and the next run goes on with them", async () => {
    const node = await started(kindOf({ claim: goesOn, run: hangs }));
    node.pipeline.offer("a", { n: 1 });
    await pass(1);
    node.stop();
    await node.ended;
    expect(node.pipeline.offer("b", { n: 1 })).toBe("full");
    const { pipeline } = await started(kindOf({ claim: goesOn, run: goesOn, settle: done }));
    expect(calls).toEqual(["claim a", "run a", "run a", "settle a"]);
    expect(record(pipeline, "a")).toMatchObject({ outcome: "settled", tries: 0 });
  });

  test("drain lets those that have a place go on, claims nothing more, and is over when they are", async () => {
    const release = Promise.withResolvers<void>();
    const held: Run = async ({ facts: own }) => {
      await release.promise;
      return next(own);
    };
    const slow: Run = async ({ id, facts: own }) => {
      if (id === "late") await new Promise<void>((resolve) => clock.after(1000, resolve));
      return next(own);
    };
    const kind = kindOf({ match: slow, claim: goesOn, run: held, settle: async () => wait(60_000) });
    const { pipeline } = await started(kind);
    pipeline.offer("a", { n: 1 });
    pipeline.offer("late", { n: 1 });
    await pass(1);
    let drained = false;
    void pipeline.drain(new AbortController().signal).then(() => {
      drained = true;
    });
    expect(pipeline.offer("b", { n: 1 })).toBe("full");
    await pass(5000);
    expect(drained).toBeFalse();
    release.resolve();
    await pass(1);
    expect(drained).toBeTrue();
    expect(record(pipeline, "late")).toMatchObject({ step: "claim", tries: 0 });
    expect(calls).not.toContain("claim late");
  });

  test("drain gives up when its signal aborts", async () => {
    const { pipeline } = await started(kindOf({ run: hangs }));
    pipeline.offer("a", { n: 1 });
    await pass(1);
    await pipeline.drain(AbortSignal.abort());
  });
});

describe("the disk", () => {
  test("a record that cannot be read ends that job and stops no other", async () => {
    const node = await started(kindOf({ run: hangs }));
    node.pipeline.offer("good", { n: 1 });
    await pass(1);
    node.stop();
    await node.ended;
    state.set("job", "torn", '{"form":1,"st');
    const old = JSON.stringify({ ...JSON.parse(state.get("job", "good")?.value ?? ""), facts: { older: true } });
    state.set("job", "old", old);
    const { pipeline } = await started(kindOf({ run: goesOn, settle: done }));
    expect(record(pipeline, "torn")).toMatchObject({
      outcome: "failed",
      reason: "its record on the disk cannot be read",
    });
    expect(record(pipeline, "old")).toMatchObject({ outcome: "failed", model: "tiny" });
    expect(record(pipeline, "good")?.outcome).toBe("settled");
    expect(calls.filter((call) => !call.endsWith("good"))).toEqual([]);
    expect(pipeline.offer("torn", { n: 1 })).toBe("known");
  });

  test("while it is full nothing goes on, no step is run again, and then it goes on", async () => {
    let full = false;
    const set = state.set.bind(state);
    state.set = (kind, key, value) => {
      if (full) throw storeUnavailable("writing", new Error("no space"));
      set(kind, key, value);
    };
    const fills: Run = async ({ facts: own }) => {
      full = true;
      return next(own);
    };
    const { pipeline } = await started(kindOf({ claim: fills, run: goesOn, settle: done }));
    pipeline.offer("a", { n: 1 });
    await pass(300_000);
    expect(calls).toEqual(["claim a"]);
    expect(record(pipeline, "a")?.step).toBe("claim");
    expect(log.lines.filter(({ level }) => level === "error")).toHaveLength(1);
    full = false;
    await pass(80_000);
    expect(calls).toEqual(["claim a", "run a", "settle a"]);
    expect(record(pipeline, "a")?.outcome).toBe("settled");
  });

  test("a job that cannot be written is not taken", async () => {
    const { pipeline } = await started(kindOf({ run: goesOn, settle: done }));
    state.add = () => {
      throw storeUnavailable("writing", new Error("no space"));
    };
    expect(() => pipeline.offer("a", { n: 1 })).toThrow("durable state is not available");
    await pass(1);
    expect(calls).toEqual([]);
    expect(pipeline.records()).toEqual([]);
  });

  test("ended jobs are forgotten, but not while they are offered", async () => {
    const { pipeline } = await started(kindOf({ run: done }), { keepMs: 10 * DAY_MS });
    pipeline.offer("gone", { n: 1 });
    pipeline.offer("offered", { n: 1 });
    await pass(9 * DAY_MS);
    expect(pipeline.offer("offered", { n: 1 })).toBe("known");
    await pass(2 * DAY_MS);
    pipeline.offer("new", { n: 1 });
    await pass(1);
    expect(pipeline.records().map(({ id }) => id)).toEqual(["new", "offered"]);
    expect(state.all("job")).toHaveLength(2);
  });

  test("records are there for whoever looks before it runs", async () => {
    const node = await started(kindOf({ run: hangs }));
    node.pipeline.offer("a", { n: 1 });
    await pass(1);
    node.stop();
    await node.ended;
    const stopped = new JobPipeline(
      kindOf({ run: hangs }),
      {
        network: "toy",
        state,
        clock,
        log,
        random: () => 0.5,
        metrics: { call() {}, work() {}, running() {} },
        admission: () => ({ places: 0, reason: "quiet hours" }),
      },
      { maxConcurrent: 1, dryRun: false, keepMs: DAY_MS },
    );
    expect(stopped.records()).toMatchObject([{ id: "a", step: "run", model: "tiny", outcome: undefined }]);
    expect(stopped.places).toBe(0);
  });
});
